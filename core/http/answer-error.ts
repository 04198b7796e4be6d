/** Bytes that are no answer of HTTP/1. */
export class AnswerError extends Error {}
