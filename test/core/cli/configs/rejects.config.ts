export default Promise.reject(new Error('the store is away'))
