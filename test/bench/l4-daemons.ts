/** Configurations of the daemons for layer 4, each with one worker and no log. */
import { existsSync } from 'node:fs'
import type { Place } from './daemon-configs.ts'

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so'

/** nginx stream. */
export function nginxStream({ port, folder }: Place, endpointPort: number): string {
  return `
${existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ''}
daemon off;
master_process off;
worker_processes 1;
events { worker_connections 16384; }
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
stream {
  upstream endpoint { server 127.0.0.1:${endpointPort} max_fails=0; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    tcp_nodelay on;
    proxy_pass endpoint;
    proxy_timeout 1h;
  }
}
`
}

/** HAProxy in mode tcp. */
export function haproxyTcp({ port }: Place, endpointPort: number): string {
  return `global
  maxconn 8192
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend front
  bind 127.0.0.1:${port} backlog 4096
  default_backend back
backend back
  server endpoint 127.0.0.1:${endpointPort}
`
}
