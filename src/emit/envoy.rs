//! Envoy: a bootstrap that stays as it is, and for each leg the clusters and routes that it reads
//! from files.
//!
//! Envoy reloads a file that is moved into its place, without touching a connection. It says
//! nothing when it refuses one, so `apply.sh` asks which version is in use.
//!
//! The version before takes the low end of the random number of a request, and copies are taken
//! from the low end of the same number: that way copies are of requests that the version before
//! answers, as long as both shares have room. Where a user is told by a hash, the share is of that
//! hash, in the same order, so a user who met the new version goes on meeting it while it grows.

use std::fmt::Write as _;

use crate::model::Sticky;
use crate::units::Percent;

use super::EmittedFile;
use super::proxy::{Engine, LegText, Proxy, Uses, Version};
use super::proxy_address::Address;
use super::shell::quote;
use super::traffic::Test;
use super::yaml::{Yaml, file, map, one_line};

const HTTP: &str = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const ROUTES: &str = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
const CLUSTER: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

/// Shares are counted in millionths.
const WHOLE: u64 = 1_000_000;

/// Envoy.
pub const ENGINE: Engine = Engine {
    title: "Envoy",
    folder: |service| format!("/etc/envoy/{service}"),
    listens: true,
    leg,
    fixed,
    notes,
};

fn notes(proxy: &Proxy, uses: Uses) -> Vec<String> {
    let mut notes = vec![
        format!(
            "the first time, copy the files of 20-rollout/10-start to {} and start Envoy with bootstrap.yaml; it stays as it is from plan to plan",
            proxy.folder
        ),
        format!(
            "at once and without a file: curl -X POST 'http://{}/runtime_modify?{}.{}=0' takes every share from the new version until the next leg is applied; chosen groups stay",
            proxy.admin,
            prefix(proxy),
            proxy.new.name
        ),
    ];
    if uses.sticky {
        notes.push("the same users are the first in every plan: the hash of Envoy knows no other word beside theirs".into());
    }
    notes
}

/// What the runtime values of a service begin with.
fn prefix(proxy: &Proxy) -> String {
    format!("switchback.{}", proxy.service)
}

fn leg(proxy: &Proxy, leg: &LegText<'_>) -> Vec<(&'static str, String)> {
    let clusters = map([
        ("version_info", Yaml::text(&*leg.id)),
        (
            "resources",
            Yaml::Seq(vec![cluster(&proxy.old), cluster(&proxy.new)]),
        ),
    ]);
    let routes = map([
        ("version_info", Yaml::text(&*leg.id)),
        (
            "resources",
            Yaml::Seq(vec![map([
                ("@type", Yaml::text(ROUTES)),
                ("name", Yaml::text(&*proxy.service)),
                (
                    "virtual_hosts",
                    Yaml::Seq(vec![map([
                        ("name", Yaml::text(&*proxy.service)),
                        ("domains", Yaml::Seq(vec![Yaml::text("*")])),
                        ("routes", Yaml::Seq(routes(proxy, leg))),
                    ])]),
                ),
            ])]),
        ),
    ]);
    vec![
        ("clusters.yaml", file(&[(leg.head.clone(), clusters)])),
        ("routes.yaml", file(&[(leg.head.clone(), routes)])),
    ]
}

fn socket(address: &Address) -> Yaml {
    map([(
        "socket_address",
        map([
            ("address", Yaml::text(&*address.host)),
            ("port_value", Yaml::count(address.port.into())),
        ]),
    )])
}

fn cluster(version: &Version) -> Yaml {
    let named = version.servers.iter().any(Address::is_name);
    let servers = version
        .servers
        .iter()
        .map(|server| map([("endpoint", map([("address", socket(server))]))]))
        .collect();
    map([
        ("@type", Yaml::text(CLUSTER)),
        ("name", Yaml::text(&*version.name)),
        (
            "type",
            Yaml::text(if named { "STRICT_DNS" } else { "STATIC" }),
        ),
        ("connect_timeout", Yaml::text("5s")),
        (
            "load_assignment",
            map([
                ("cluster_name", Yaml::text(&*version.name)),
                (
                    "endpoints",
                    Yaml::Seq(vec![map([("lb_endpoints", Yaml::Seq(servers))])]),
                ),
            ]),
        ),
    ])
}

/// What a route does, with what every route of ours has.
fn to(destination: (&str, Yaml)) -> Yaml {
    let mut action = map([destination]);
    // without it Envoy ends every request after 15 seconds
    action.set("timeout", Yaml::text("0s"));
    action
}

fn routes(proxy: &Proxy, leg: &LegText<'_>) -> Vec<Yaml> {
    let traffic = &leg.traffic;
    let (old, new) = (&proxy.old.name, &proxy.new.name);
    let mut routes = Vec::new();
    for route in &traffic.routes {
        let tests: Vec<Yaml> = match &route.test {
            Test::Header(name, values) => values
                .iter()
                .map(|value| header(name, map([("exact", Yaml::text(&**value))])))
                .collect(),
            Test::Cookie(name, value) => {
                let regex = format!("(?:.*; *)?{}={}(?:;.*)?", literal(name), literal(value));
                vec![header(
                    "cookie",
                    map([("safe_regex", map([("regex", Yaml::text(regex))]))]),
                )]
            }
        };
        for test in tests {
            let matched = map([
                ("prefix", Yaml::text("/")),
                ("headers", Yaml::Seq(vec![test])),
            ]);
            let action = to(("cluster", Yaml::text(&**new)));
            routes.push(map([("match", matched), ("route", action)]).noted(&*route.says));
        }
    }
    let whole = [(Percent::ZERO, old), (Percent::FULL, new)]
        .into_iter()
        .find(|(share, _)| *share == traffic.share);
    let mut action = match whole {
        Some((_, all)) => to(("cluster", Yaml::text(&**all))),
        None => {
            let share = traffic.share.ppm().min(WHOLE);
            let part = |name: &String, weight: u64| {
                map([
                    ("name", Yaml::text(&**name)),
                    ("weight", Yaml::count(weight)),
                ])
            };
            let mut weighted = map([
                ("runtime_key_prefix", Yaml::text(prefix(proxy))),
                (
                    "clusters",
                    Yaml::Seq(vec![part(old, WHOLE - share), part(new, share)]),
                ),
            ]);
            if traffic.sticky.is_some() {
                weighted.set("use_hash_policy", Yaml::Bool(true));
            }
            to(("weighted_clusters", weighted))
        }
    };
    if whole.is_none()
        && let Some(sticky) = traffic.sticky
    {
        // who has no such cookie or header is a new user with each request
        let policy = match sticky {
            Sticky::Cookie(name) => map([("cookie", map([("name", Yaml::text(&**name))]))]),
            Sticky::Header(name) => {
                let name = name.to_ascii_lowercase();
                map([("header", map([("header_name", Yaml::text(name))]))])
            }
            Sticky::Ip => map([(
                "connection_properties",
                map([("source_ip", Yaml::Bool(true))]),
            )]),
        };
        action.set("hash_policy", Yaml::Seq(vec![policy]));
    }
    if traffic.mirror > Percent::ZERO {
        let fraction = map([
            (
                "default_value",
                map([
                    ("numerator", Yaml::count(traffic.mirror.ppm())),
                    ("denominator", Yaml::text("MILLION")),
                ]),
            ),
            (
                "runtime_key",
                Yaml::text(format!("{}.copies", prefix(proxy))),
            ),
        ]);
        let policy = map([
            ("cluster", Yaml::text(&**new)),
            ("runtime_fraction", fraction),
        ]);
        action.set("request_mirror_policies", Yaml::Seq(vec![policy]));
    }
    routes.push(map([
        ("match", map([("prefix", Yaml::text("/"))])),
        ("route", action),
    ]));
    routes
}

fn header(name: &str, test: Yaml) -> Yaml {
    map([("name", Yaml::text(name)), ("string_match", test)])
}

/// The text as a regular expression that matches it alone.
fn literal(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() && !c.is_ascii_alphanumeric() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn source(path: String) -> Yaml {
    map([
        ("resource_api_version", Yaml::text("V3")),
        ("path_config_source", map([("path", Yaml::text(path))])),
    ])
}

fn bootstrap(proxy: &Proxy, listen: &Address) -> Yaml {
    let service = || Yaml::text(&*proxy.service);
    let manager = map([
        ("@type", Yaml::text(HTTP)),
        ("stat_prefix", service()),
        ("use_remote_address", Yaml::Bool(true)),
        (
            "upgrade_configs",
            Yaml::Seq(vec![map([("upgrade_type", Yaml::text("websocket"))])]),
        ),
        (
            "rds",
            map([
                ("route_config_name", service()),
                (
                    "config_source",
                    source(format!("{}/routes.yaml", proxy.folder)),
                ),
            ]),
        ),
        (
            "http_filters",
            Yaml::Seq(vec![map([
                ("name", Yaml::text("envoy.filters.http.router")),
                ("typed_config", map([("@type", Yaml::text(ROUTER))])),
            ])]),
        ),
    ]);
    let filter = map([
        (
            "name",
            Yaml::text("envoy.filters.network.http_connection_manager"),
        ),
        ("typed_config", manager),
    ]);
    let listener = map([
        ("name", service()),
        ("address", socket(listen)),
        (
            "filter_chains",
            Yaml::Seq(vec![map([("filters", Yaml::Seq(vec![filter]))])]),
        ),
    ]);
    map([
        ("node", map([("id", service()), ("cluster", service())])),
        ("admin", map([("address", socket(&proxy.admin))])),
        (
            "layered_runtime",
            map([(
                "layers",
                Yaml::Seq(vec![map([
                    ("name", Yaml::text("admin")),
                    ("admin_layer", Yaml::Map(Vec::new())),
                ])]),
            )]),
        ),
        (
            "dynamic_resources",
            map([(
                "cds_config",
                source(format!("{}/clusters.yaml", proxy.folder)),
            )]),
        ),
        (
            "static_resources",
            map([("listeners", Yaml::Seq(vec![listener]))]),
        ),
    ])
}

fn fixed(proxy: &Proxy, head: Vec<String>, _copies: bool) -> Vec<EmittedFile> {
    let mut files = Vec::new();
    if let Some(listen) = &proxy.listen {
        files.push(EmittedFile {
            path: "bootstrap.yaml".into(),
            text: file(&[(head.clone(), bootstrap(proxy, listen))]),
            executable: false,
        });
    }
    let mut text = String::from("#!/bin/sh\n");
    let what =
        "puts a leg into the place of the one before, and waits until Envoy has taken it over";
    for line in [what.to_string()].iter().chain(&head) {
        let _ = writeln!(text, "# {}", one_line(line));
    }
    let _ = write!(
        text,
        r#"# usage: apply.sh FOLDER, or apply.sh --check
# exit: 0 taken over; 1 not, and what was there before is back; 2 nothing was changed
set -eu
live={live}
service={service}
admin={admin}
values={values}
"#,
        live = quote(&proxy.folder),
        service = quote(&proxy.service),
        admin = quote(&proxy.admin.to_string()),
        // an empty value takes away what somebody set by hand
        values = quote(&format!(
            "{0}.{1}=&{0}.{2}=&{0}.copies=",
            prefix(proxy),
            proxy.old.name,
            proxy.new.name
        )),
    );
    text.push_str(APPLY);
    files.push(EmittedFile {
        path: "apply.sh".into(),
        text,
        executable: true,
    });
    files
}

const APPLY: &str = r#"
stop() {
  echo "$1" >&2
  exit "$2"
}

# Envoy reads what is moved into its place, whole.
place() {
  cp -- "$1" "$2.new"
  mv -- "$2.new" "$2"
}

taken_over() {
  tries=0
  until curl -fsS --max-time 5 "http://$admin/stats?filter=version_text" 2>/dev/null | grep -qF "$1.version_text: \"$leg\""; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || return 1
    sleep 0.2
  done
}

put_back() {
  for file in routes.yaml clusters.yaml; do
    [ ! -e "$live/$file.before" ] || mv -- "$live/$file.before" "$live/$file"
  done
  stop "Envoy did not take $1 over; what was there before is back" 1
}

command -v curl >/dev/null 2>&1 || stop "curl is not installed; nothing was changed" 2
[ "$#" -eq 1 ] || stop "usage: apply.sh FOLDER, or apply.sh --check" 2
[ -w "$live" ] || stop "$live is no folder that can be written; nothing was changed" 2
curl -fsS --max-time 5 "http://$admin/ready" >/dev/null 2>&1 || stop "Envoy does not answer at $admin; nothing was changed" 2
[ "$1" != --check ] || exit 0
for file in clusters.yaml routes.yaml; do
  [ -r "$1/$file" ] || stop "$1/$file is not there; nothing was changed" 2
done
leg=$(sed -n 's/^version_info: "\{0,1\}\([a-z0-9/-]*\)"\{0,1\}$/\1/p' "$1/routes.yaml")

for file in clusters.yaml routes.yaml; do
  rm -f -- "$live/$file.before"
  [ ! -e "$live/$file" ] || cp -p -- "$live/$file" "$live/$file.before"
done
# the servers first, then who is sent to them
place "$1/clusters.yaml" "$live/clusters.yaml"
taken_over cluster_manager.cds || put_back "$1"
place "$1/routes.yaml" "$live/routes.yaml"
taken_over "http.$service.rds.$service" || put_back "$1"
rm -f -- "$live/clusters.yaml.before" "$live/routes.yaml.before"
# a share that somebody set by hand ends with the leg that it was set for
curl -fsS --max-time 5 -X POST "http://$admin/runtime_modify?$values" >/dev/null || stop "$1 is taken over, but values set by hand may stand above it" 1
"#;
