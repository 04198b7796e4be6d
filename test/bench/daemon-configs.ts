/** Configurations of the daemons, each given its best: one worker, upstream connections kept, no access log. */

/** Where a daemon listens and keeps its files. */
export interface Place {
  readonly port: number
  readonly folder: string
}

// One process (`master_process off`), so that memory is not counted twice over shared pages. nginx closes a connection
// after 1000 requests by default, which no other contender does.
const NGINX_HEAD = `
daemon off;
master_process off;
worker_processes 1;
events { worker_connections 8192; }`

const nginxCommon = (folder: string): string => `
  access_log off;
  keepalive_timeout 120s;
  keepalive_requests 100000000;
  default_type text/plain;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;`

/** nginx as a gateway. */
export function nginxGateway({ port, folder }: Place, originPort: number): string {
  return `${NGINX_HEAD}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
http {${nginxCommon(folder)}
  upstream origin {
    server 127.0.0.1:${originPort} max_fails=0;
    keepalive 512;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffer_size 8k;
      proxy_buffers 16 16k;
      proxy_busy_buffers_size 64k;
      proxy_max_temp_file_size 0;
    }
  }
}
`
}

/** nginx as a gateway that tunnels WebSockets. */
export function nginxTunnel({ port, folder }: Place, endpointPort: number): string {
  return `${NGINX_HEAD}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
http {${nginxCommon(folder)}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://127.0.0.1:${endpointPort};
      proxy_http_version 1.1;
      proxy_set_header Connection "upgrade";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }
  }
}
`
}

/** nginx as the origin: the small body from memory, the others from files in `folder`. */
export function nginxOrigin({ port, folder }: Place, smallBody: string): string {
  return `${NGINX_HEAD}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
http {${nginxCommon(folder)}
  sendfile on;
  open_file_cache max=16 inactive=10m;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    root ${folder};
    location = / { return 200 "${smallBody}"; }
    location / { }
  }
}
`
}

/** HAProxy as a gateway; with `balance` before so many servers, all of them the origin. */
export function haproxyGateway(
  { port }: Place,
  originPort: number,
  balance = 'roundrobin',
  servers = 1,
): string {
  const server = (n: number): string =>
    `  server origin-${n} 127.0.0.1:${originPort} pool-max-conn 512\n`
  return `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend gateway
  bind 127.0.0.1:${port} backlog 1024
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend origin
backend origin
  balance ${balance}
${Array.from({ length: servers }, (_, n) => server(n)).join('')}`
}
