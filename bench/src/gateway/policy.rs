//! What each contender is told: Pointsman's policy, nginx's configuration, and the key that both kinds see.
//!
//! The policy has what a small company's has: attributes, three rules of which the last one matches, a weighted split, a
//! fallback and a key, so that the request path does all that it would do there.

use std::net::SocketAddr;

use pointsman_schema::{api_key, digest::Digest};

/// The key that the load sends.
pub(crate) fn key() -> String {
    api_key::assemble(b"benchmarkbenchmarkbenchmark000")
}

/// What a policy holds in place of the key.
pub(crate) fn key_digest() -> Digest {
    Digest::of(key().as_bytes())
}

/// A policy repository as (file, text).
pub(crate) fn files(upstream: SocketAddr) -> [(&'static str, String); 2] {
    let provider =
        |name: &str| format!("  {name}: {{ protocol: openai, base-url: \"http://{upstream}/v1\" }}\n");
    let credential =
        |name: &str| format!("  {name}: {{ provider: {name}, secret: \"env:{SECRET_VARIABLE}\" }}\n");
    let backend =
        |name: &str| format!("  {name}: {{ model: gpt-4o, provider: {name}, credential: {name} }}\n");
    let of_each = |line: &dyn Fn(&str) -> String| ["alpha", "beta", "gamma"].map(line).concat();
    let routes = format!(
        "providers:\n{}credentials:\n{}backends:\n{}{CHAIN}consumers:\n  bench: {{}}\nkeys:\n  \
         bench: {{ consumer: bench, chain: bench, digests: [\"{}\"] }}\n",
        of_each(&provider),
        of_each(&credential),
        of_each(&backend),
        key_digest(),
    );
    [("pointsman.yaml", WORKSPACE.to_owned()), ("platform/routes.yaml", routes)]
}

/// A plain reverse proxy with kept connections, one worker, and no log.
pub(crate) fn nginx(listen: SocketAddr, upstream: SocketAddr, folder: &str) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
{temporary}    client_body_buffer_size 128k;
    keepalive_requests 100000000;
    upstream provider {{
        server {upstream};
        keepalive 256;
        keepalive_requests 100000000;
    }}
    server {{
        listen {listen};
        tcp_nodelay on;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_set_header Authorization \"Bearer upstream\";
        }}
    }}
}}
"
    )
}

/// The environment variable that the policy's credentials name.
pub(crate) const SECRET_VARIABLE: &str = "POINTSMAN_BENCH_SECRET";

const WORKSPACE: &str = "\
pointsman: 1
attributes:
  tier: { header: x-tier, values: [gold, free] }
";

const CHAIN: &str = "\
models:
  gpt-4o: { context-window: 128_000, capabilities: [tools, vision, streaming] }
chains:
  bench:
    rules:
      - name: gold
        match: { attribute: { tier: gold } }
        fallback: [gamma, beta]
      - name: long
        match: { input-tokens: { min: 100_000 } }
        fallback: [beta, gamma]
      - name: default
        split: { alpha: 70, beta: 30 }
        fallback: [gamma]
        retry: { attempts: 1, on: [connect, timeout] }
";
