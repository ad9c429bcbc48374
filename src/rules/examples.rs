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
macro_rules! cached_hold {
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

/// The gate of the examples below, and two pinned versions of a service, and their probes.
macro_rules! plain_gate {
    () => {
        "gate errors {\n  query \"sum(rate(errors_total{version=\\\"$version\\\"}[2m]))\"\n  expect value < 5\n  every 1m for 10m\n}\n\n"
    };
}

macro_rules! two_versions {
    ($one:expr, $two:expr) => {
        concat!(
            "  ready http \"/ready\"\n",
            "  live http \"/health\"\n",
            "  drain 20s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\"", $one, " }\n",
            "  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\"", $two, " }\n",
            "}\n\n"
        )
    };
}

/// A service whose requests take up to 60 s; the grace period of its pod is given.
macro_rules! timed {
    ($pod:expr) => {
        concat!(
            "--- main.swb\n",
            plain_gate!(),
            "service web {\n  workload \"web.yaml\"\n  request-timeout 60s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2\n}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n",
            "--- web.yaml\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n",
            "  selector:\n    matchLabels: {app: web}\n",
            "  template:\n    metadata:\n      labels: {app: web}\n    spec:\n",
            $pod,
            "      containers:\n        - name: web\n          image: registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
            "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n"
        )
    };
}

/// A service with a cache before another one; the weights of its plan are given.
macro_rules! cached {
    ($weights:expr) => {
        concat!(
            plain_gate!(),
            "service catalog {\n  traffic 60/s\n  capacity 100/s per replica\n  replicas 3\n  runs 1\n",
            two_versions!("", ""),
            "service web {\n  traffic 600/s peak 900/s\n  capacity 100/s per replica\n  replicas 12\n  cache 95% before catalog\n",
            two_versions!("", ""),
            "plan web-2 {\n  roll web from 1 to 2\n  step walk {\n    weight ", $weights, "\n    hold 30m\n    watch errors\n  }\n}\n"
        )
    };
}

/// A plan whose users stay by a cookie; what the second step says of that is given.
macro_rules! stuck {
    ($again:expr) => {
        concat!(
            plain_gate!(),
            "service web {\n  replicas 4\n",
            two_versions!("", ""),
            "plan web-2 {\n  roll web from 1 to 2\n",
            "  step canary {\n    sticky by cookie \"uid\"\n    weight 20%\n    hold 30m\n    watch errors\n  }\n",
            "  step half {\n", $again, "    weight 50%\n    hold 30m\n    watch errors\n  }\n",
            "  step all { weight 100%; hold 30m; watch errors }\n}\n"
        )
    };
}

/// Two plans of one service behind the proxy given, whose users stay by one cookie.
macro_rules! hashed {
    ($proxy:expr) => {
        concat!(
            plain_gate!(),
            "service web {\n  replicas 4\n  port 8080\n",
            "  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n",
            "  version 3 { image \"registry.example.com/web@sha256:3333333333333333333333333333333333333333333333333333333333333333\" }\n}\n\n",
            "target edge {\n  kind ", $proxy, "\n  gates by hand\n  listen \"0.0.0.0:8080\"\n  upstream 1 \"web-1:80\"\n  upstream 2 \"web-2:80\"\n  upstream 3 \"web-3:80\"\n}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  on target edge\n  step walk {\n    sticky by cookie \"uid\"\n    weight 5% -> 20% -> 50% -> 100%\n    hold 30m\n    watch errors\n  }\n}\n",
            "plan web-3 {\n  roll web from 2 to 3\n  on target edge\n  step walk {\n    sticky by cookie \"uid\"\n    weight 5% -> 20% -> 50% -> 100%\n    hold 30m\n    watch errors\n  }\n}\n"
        )
    };
}

/// A plan that leads two cohorts to the new version; what the second one is, is given.
macro_rules! cohorts {
    ($second:expr) => {
        concat!(
            plain_gate!(),
            "service web {\n  replicas 4\n",
            two_versions!("", ""),
            "cohort korea { country KR by header \"x-country\"; share 15% }\n",
            "cohort asia { ",
            $second,
            " }\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n",
            "  step korea { route cohort korea; hold 30m; watch errors }\n",
            "  step asia { route cohort asia; hold 30m; watch errors }\n",
            "  step all { weight 25% -> 50% -> 100%; hold 30m; watch errors }\n}\n"
        )
    };
}

/// A service whose versions write its session differently; how users stay on one is given.
macro_rules! session {
    ($sticky:expr) => {
        concat!(
            plain_gate!(),
            "format session { kind session; retention 1d }\n\n",
            "service web {\n  replicas 4\n  traffic 100/s\n  users 500k per day\n",
            two_versions!(
                "; reads session 1, 2; writes session 1",
                "; reads session 1, 2; writes session 2"
            ),
            "plan web-2 {\n  roll web from 1 to 2\n  step walk { ",
            $sticky,
            "weight 5% -> 20% -> 50% -> 100%; hold 30m; watch errors }\n}\n"
        )
    };
}

/// A Deployment with what is given in its metadata.
macro_rules! updated {
    ($metadata:expr) => {
        concat!(
            "--- main.swb\n",
            plain_gate!(),
            "service web {\n  workload \"web.yaml\"\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2\n}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n}\n",
            "--- web.yaml\n",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n",
            $metadata,
            "spec:\n  replicas: 3\n",
            "  selector:\n    matchLabels: {app: web}\n",
            "  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      terminationGracePeriodSeconds: 45\n",
            "      containers:\n        - name: web\n          image: registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
            "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n"
        )
    };
}

/// A service of Cloud Run whose weight doubles or more; how many instances are kept warm is given.
macro_rules! serverless {
    ($least:expr) => {
        concat!(
            "--- main.swb\n",
            plain_gate!(),
            "service web {\n  workload \"web.yaml\"\n  traffic 600/s peak 900/s\n  capacity 100/s per replica\n",
            "  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n",
            "  version 2\n}\n\n",
            "plan web-2 {\n  roll web from 1 to 2\n  step walk { weight 5% -> 20% -> 50% -> 100%; hold 30m; watch errors }\n}\n",
            "--- web.yaml\n",
            "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: web\n  labels: {cloud.googleapis.com/location: asia-northeast3}\n",
            "spec:\n  template:\n    metadata:\n      annotations:\n        autoscaling.knative.dev/minScale: \"", $least, "\"\n        autoscaling.knative.dev/maxScale: \"20\"\n",
            "    spec:\n      containers:\n        - image: registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
            "          startupProbe: {httpGet: {path: /health, port: 8080}}\n          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n"
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
