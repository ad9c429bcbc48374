//! The pieces that the rules' examples are made of, and how an example becomes files.

/// A service with two pinned versions and the gate `errors`.
macro_rules! project {
    ($plan:expr) => {
        concat!(
            "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
            "gate errors {\n",
            "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
            "  kind proportion\n",
            "  expect value < 1%\n",
            "  every 1m for 10m\n",
            "}\n\n",
            "service web {\n",
            "  replicas 4\n",
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n",
            "}\n\n",
            $plan
        )
    };
}

/// A service whose versions 1 and 2 were built against migrations 0001 and 0002; what 0002 does, what
/// is said of the versions, and the plan are given.
macro_rules! migrated {
    ($up:expr, $one:expr, $two:expr, $plan:expr) => {
        concat!(
            "--- main.swb\n",
            "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
            "gate errors {\n",
            "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
            "  kind proportion\n",
            "  expect value < 1%\n",
            "  every 1m for 10m\n",
            "}\n\n",
            "database shop {\n",
            "  engine postgres 15\n",
            "  migrations \"db\"\n",
            "}\n\n",
            "service web {\n",
            "  replicas 4\n",
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 {\n",
            "    image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n",
            "    schema shop 0001\n", $one,
            "  }\n",
            "  version 2 {\n",
            "    image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n",
            "    schema shop 0002\n", $two,
            "  }\n",
            "}\n\n",
            $plan,
            "--- db/0001_users.up.sql\n",
            "CREATE TABLE users (id bigint PRIMARY KEY, name text, email text);\n",
            "--- db/0001_users.down.sql\n",
            "DROP TABLE users;\n",
            "--- db/0002_change.up.sql\n",
            "SET lock_timeout = '2s';\n", $up,
            "--- db/0002_change.down.sql\n",
            "-- irreversible: the example is about the way forward\n"
        )
    };
}

/// A service that is deployed from `web.yaml`; the pod's parts are given.
macro_rules! deployed {
    ($container:expr, $pod:expr) => {
        concat!(
            "--- main.swb\n",
            "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
            "gate errors {\n",
            "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
            "  kind proportion\n",
            "  expect value < 1%\n",
            "  every 1m for 10m\n",
            "}\n\n",
            "service web {\n",
            "  workload \"web.yaml\"\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2\n",
            "}\n\n",
            "plan web-2 {\n",
            "  roll web from 1 to 2\n",
            "  step all {\n",
            "    rolling\n",
            "    hold 30m\n",
            "    watch errors\n",
            "  }\n",
            "}\n",
            "--- web.yaml\n",
            "apiVersion: apps/v1\n",
            "kind: Deployment\n",
            "metadata:\n",
            "  name: web\n",
            "spec:\n",
            "  replicas: 3\n",
            "  selector:\n",
            "    matchLabels: {app: web}\n",
            "  template:\n",
            "    metadata:\n",
            "      labels: {app: web}\n",
            "    spec:\n",
            $pod,
            "      containers:\n",
            "        - name: web\n",
            "          image: registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
            $container
        )
    };
}

/// A service of two pinned versions; a statement of it is given.
macro_rules! service_with {
    ($statement:expr) => {
        concat!(
            "service web {\n",
            "  replicas 4\n",
            "  ", $statement, "\n",
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n",
            "}\n\n"
        )
    };
}

/// A service with the traffic given, and the gate `errors` with what is given of it.
macro_rules! measured {
    ($traffic:expr, $gate:expr, $plan:expr) => {
        concat!(
            "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
            "gate errors {\n",
            "  query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m])) / sum(rate(http_requests_total{version=\"$version\"}[2m]))\"\"\"\n",
            "  kind proportion\n",
            $gate,
            "  every 1m for 10m\n",
            "}\n\n",
            service_with!(concat!("traffic ", $traffic)),
            $plan
        )
    };
}

/// A service with the traffic given, whose canary is judged by its 99th percentile.
macro_rules! latency {
    ($traffic:expr) => {
        concat!(
            "provider prometheus { address \"http://prometheus:9090\"; scrape 15s; delay 30s }\n\n",
            "gate latency {\n",
            "  query \"\"\"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{version=\"$version\"}[5m])))\"\"\"\n",
            "  kind quantile 99%\n",
            "  expect value < 300ms\n",
            "  normally 150ms\n",
            "  detect 600ms\n",
            "  every 1m for 10m\n",
            "}\n\n",
            service_with!(concat!("traffic ", $traffic)),
            "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch latency }\n  step all { weight 100%; hold 30m; watch latency }\n}\n"
        )
    };
}

/// A service that gets 900 requests a second, and of which one replica carries 100; its size, the
/// statements of the plan and further declarations are given.
macro_rules! sized {
    ($size:expr, $plan:expr) => {
        sized!($size, $plan, "")
    };
    ($size:expr, $plan:expr, $more:expr) => {
        concat!(
            "gate errors {\n  query \"sum(rate(errors_total{version=\\\"$version\\\"}[2m]))\"\n  expect value < 5\n  every 1m for 10m\n}\n\n",
            "service web {\n",
            "  traffic 600/s peak 900/s\n",
            "  capacity 100/s per replica\n",
            $size,
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n",
            "}\n\n",
            $more,
            "plan web-2 {\n  roll web from 1 to 2\n",
            $plan,
            "}\n"
        )
    };
}

/// A service of 8 replicas with 20 connections each, beside a full second stack; what its database
/// says of connections is given.
macro_rules! pooled {
    ($limit:expr) => {
        concat!(
            "--- main.swb\n",
            "database shop {\n  engine postgres 15\n  migrations \"db\"\n  ", $limit, "\n}\n\n",
            "service web {\n",
            "  replicas 8\n",
            "  connections 20 per replica\n",
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 {\n    image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n    schema shop 0001\n  }\n",
            "  version 2 {\n    image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n    schema shop 0001\n  }\n",
            "}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  step stage { preview }\n  step go { switch; hold 30m }\n}\n",
            "--- db/0001_users.up.sql\n",
            "CREATE TABLE users (id bigint PRIMARY KEY);\n"
        )
    };
}

/// The files of an example: (path, text). A text without `--- path` lines is `main.swb`.
pub fn files_of(example: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    if !example.starts_with("--- ") {
        return vec![("main.swb".to_string(), example.to_string())];
    }
    for line in example.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(path) => files.push((path.trim_end().to_string(), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    files
}
