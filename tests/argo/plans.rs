//! Random plans for Argo Rollouts, over all routers and strategies.

use std::fmt::Write as _;

/// What splits the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Router {
    None,
    BlueGreen,
    Gateway,
    Istio,
    Subsets,
    Nginx,
    Alb,
}

impl Router {
    pub const ALL: [Router; 7] = [
        Router::None,
        Router::BlueGreen,
        Router::Gateway,
        Router::Istio,
        Router::Subsets,
        Router::Nginx,
        Router::Alb,
    ];

    /// Whether something splits by weight.
    pub fn splits(self) -> bool {
        !matches!(self, Router::None | Router::BlueGreen)
    }

    fn target(self) -> &'static str {
        match self {
            Router::None | Router::BlueGreen => "",
            Router::Gateway => "router gateway-api \"web\"",
            Router::Istio => "router istio \"web\"",
            Router::Subsets => "router istio \"web\" destination-rule \"web\"",
            Router::Nginx => "router nginx-ingress \"web\"",
            Router::Alb => "router alb \"web\"",
        }
    }

    fn object(self) -> &'static str {
        const INGRESS: &str = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n    - http:\n        paths:\n          - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}\n";
        match self {
            Router::None | Router::BlueGreen => "",
            Router::Gateway => {
                "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n  parentRefs: [{name: public}]\n  rules: [{backendRefs: [{name: web, port: 80}]}]\n"
            }
            Router::Istio | Router::Subsets => {
                "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  hosts: [web]\n  http: [{route: [{destination: {host: web}}]}]\n"
            }
            Router::Nginx | Router::Alb => INGRESS,
        }
    }
}

/// Texts that are data wherever they stand.
pub const HOSTILE: [&str; 9] = [
    "1",
    "$(touch pwned)",
    "a\"b",
    "'; rm x; '",
    "yes",
    "0755",
    "{{ x }}",
    "- a: b # c",
    "back\\slash",
];

/// A plan and its manifest.
#[derive(Clone, Debug)]
pub struct Drawn {
    pub plan: String,
    pub manifest: String,
}

/// Numbers that decide, one after the other.
struct Tape<'a> {
    numbers: &'a [u32],
    at: usize,
}

impl Tape<'_> {
    fn below(&mut self, most: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        number as usize % most
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What is set while steps are drawn.
#[derive(Default)]
struct Set {
    weight: u64,
    routed: bool,
    mirrored: bool,
    sized: bool,
}

/// The plan that the numbers give.
pub fn draw(numbers: &[u32]) -> Drawn {
    let mut tape = Tape { numbers, at: 0 };
    let router = tape.of(&Router::ALL);
    let replicas = tape.of(&[4u64, 10, 20]);
    let mut steps = String::new();
    let mut set = Set::default();
    match router {
        Router::BlueGreen => blue_green(&mut tape, &mut steps),
        _ => canary(&mut tape, router, replicas, &mut set, &mut steps),
    }
    let throughout = match tape.below(4) {
        0 => "  watch latency throughout\n",
        1 => "  watch errors, latency throughout\n",
        _ => "",
    };
    let below = match (tape.below(3), router) {
        (0, _) => "",
        (1, Router::None) | (2, Router::None) => {
            "  no return because \"1 is gone\"\n  step clean-up { retire 1 }\n"
        }
        _ => "  no return because \"1 is gone\"\n  step clean-up { retire 1 after 30m }\n",
    };
    let plan = format!(
        "service web {{\n  workload \"web.yaml\"\n  version 1\n  version 2\n}}\n\
         provider prometheus {{ address \"http://p:9090\"; scrape 15s; delay 30s }}\n\
         gate errors {{\n  query \"sum(rate(errors{{v=\\\"$version\\\"}}[2m]))\"\n  expect value < 1\n  every 1m for 10m\n  tolerate 1 failure\n}}\n\
         gate latency {{\n  query \"max(latency{{v=\\\"$version\\\"}})\"\n  expect value < 1\n  fail value > 5\n  every 1m for 5m\n}}\n\
         gate versus {{\n  query \"sum(rate(errors{{v=\\\"$version\\\"}}[2m]))\"\n  expect value < 2 * baseline\n  every 2m for 10m\n}}\n\
         cohort staff {{ header \"X-Staff\" = {staff} }}\n\
         cohort asia {{ country KR, JP by header \"x-country\" }}\n\
         plan go {{\n  roll web from 1 to 2\n  on target prod\n{throughout}{steps}{below}}}\n\
         target prod {{ kind argo-rollouts; namespace shop; {target} }}\n",
        staff = quoted(tape.of(&HOSTILE)),
        target = router.target(),
    );
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers: [{{name: web, image: r/w, ports: [{{containerPort: 80}}]}}]\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}\n{}",
        router.object(),
    );
    Drawn { plan, manifest }
}

fn hold(tape: &mut Tape<'_>, out: &mut String) {
    let minutes = tape.of(&[20, 30, 60, 240]);
    let _ = writeln!(out, "    hold {minutes}m");
    let watch = tape.of(&[
        "",
        "errors",
        "latency",
        "versus",
        "errors, latency",
        "errors, versus, latency",
    ]);
    if watch.is_empty() {
        return;
    }
    let _ = writeln!(out, "    watch {watch}");
    let edge = tape.of(&[
        "",
        "",
        "on inconclusive pause",
        "on inconclusive continue",
        "on no-data pause",
    ]);
    if !edge.is_empty() && watch.contains("latency") {
        let _ = writeln!(out, "    {edge}");
    }
}

fn job(tape: &mut Tape<'_>, out: &mut String) {
    if tape.one_in(5) {
        let image = tape.of(&["r.example/smoke@sha256:aa", "r.example/load:2"]);
        let _ = writeln!(out, "    run \"smoke {image}\" image \"{image}\" retries 1");
    }
}

fn approve(tape: &mut Tape<'_>, out: &mut String) {
    if tape.one_in(4) {
        let _ = writeln!(out, "    approve by {}", quoted(tape.of(&HOSTILE)));
    }
}

fn blue_green(tape: &mut Tape<'_>, out: &mut String) {
    out.push_str("  step stage {\n    preview\n");
    job(tape, out);
    if tape.one_in(2) {
        hold(tape, out);
    }
    out.push_str("  }\n  step go {\n");
    approve(tape, out);
    out.push_str("    switch\n");
    job(tape, out);
    hold(tape, out);
    out.push_str("  }\n");
}

fn canary(tape: &mut Tape<'_>, router: Router, replicas: u64, set: &mut Set, out: &mut String) {
    let steps = tape.below(4);
    for number in 0..steps {
        let _ = writeln!(out, "  step s{number} {{");
        approve(tape, out);
        let before = out.len();
        beside(tape, router, set, out);
        let moved = out.len() > before;
        if !moved || tape.one_in(2) {
            weights(tape, router, replicas, set, out);
        }
        job(tape, out);
        hold(tape, out);
        out.push_str("  }\n");
    }
    if router.splits() && set.weight < 50 && tape.one_in(4) {
        out.push_str("  step experiment {\n    split 50%\n    hold 60m\n    watch errors\n    on success weight 100%\n  }\n  step settle { hold 30m; watch errors }\n");
        return;
    }
    if router.splits() && tape.one_in(5) && !set.sized {
        out.push_str(
            "  step stage { preview; hold 30m }\n  step full { switch; hold 30m; watch errors }\n",
        );
        return;
    }
    out.push_str("  step full {\n");
    approve(tape, out);
    if set.sized {
        out.push_str("    replicas 100%\n");
    }
    out.push_str("    weight 100%\n");
    hold(tape, out);
    out.push_str("  }\n");
}

fn weights(tape: &mut Tape<'_>, router: Router, replicas: u64, set: &mut Set, out: &mut String) {
    let unit = match router {
        Router::None => 100 / replicas,
        _ => 1,
    };
    let mut values = Vec::new();
    for _ in 0..=tape.below(3) {
        let room = (99 - set.weight.min(99)) / unit;
        if room == 0 {
            break;
        }
        set.weight += unit * (1 + tape.below(usize::try_from(room.min(40)).expect("small")) as u64);
        values.push(format!("{}%", set.weight));
    }
    // back down a little where there is no room any more
    if values.is_empty() {
        set.weight = unit;
        values.push(format!("{unit}%"));
    }
    let _ = writeln!(out, "    weight {}", values.join(" -> "));
}

/// What stands beside weights.
fn beside(tape: &mut Tape<'_>, router: Router, set: &mut Set, out: &mut String) {
    if !router.splits() {
        return;
    }
    if tape.one_in(3) {
        let size = tape.of(&["replicas 3", "replicas 50%", "replicas match weight"]);
        set.sized = size != "replicas match weight";
        if set.sized || (!set.routed && !set.mirrored) || set.weight > 0 {
            let _ = writeln!(out, "    {size}");
        } else {
            set.sized = true;
        }
    }
    let pods = set.sized || set.weight > 0;
    let header = match router {
        Router::Istio | Router::Subsets | Router::Alb => pods,
        Router::Gateway => set.weight > 0,
        _ => false,
    };
    if header && tape.one_in(2) {
        match tape.below(4) {
            0 => out.push_str("    route cohort staff\n"),
            1 if router != Router::Alb => out.push_str("    route cohort asia, staff\n"),
            2 if set.routed => {
                set.routed = false;
                out.push_str("    route off\n");
                return;
            }
            _ => {
                let value = quoted(tape.of(&HOSTILE));
                let _ = writeln!(out, "    route header \"x-canary\" = {value}");
            }
        }
        set.routed = true;
    }
    if matches!(router, Router::Istio | Router::Subsets) && pods && tape.one_in(3) {
        match set.mirrored {
            true => out.push_str("    mirror off\n"),
            false => out.push_str("    mirror 10%\n"),
        }
        set.mirrored = !set.mirrored;
    }
}
