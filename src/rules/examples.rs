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
