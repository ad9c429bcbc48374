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

/// A service whose versions keep entries in a cache for an hour; the hold at 100 % is given.
macro_rules! cached {
    ($hold:expr) => {
        concat!(
            "format page { kind cache; retention 1h }\n\n",
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
            "  version 1 {\n    image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"\n    reads page 1\n    writes page 1\n  }\n",
            "  version 2 {\n    image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\"\n    reads page 1\n    writes page 1\n  }\n",
            "}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n",
            "  step canary { weight 5%; hold 30m; watch errors }\n",
            "  step full { weight 100%; hold ", $hold, "; watch errors }\n",
            "}\n"
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
