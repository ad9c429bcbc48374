//! Services and their versions.

use super::super::{Entry, Place};

pub(super) static SERVICE: [Entry; 22] = [
    Entry::new("workload", &["<path:path> (named <name:id>)?"])
        .doc("The manifest that the service is deployed from: a Deployment, StatefulSet, Argo Rollout, Knative or Cloud Run Service. `named` picks one when the file holds several.")
        .example("workload \"deploy/checkout.yaml\""),
    Entry::new("traffic", &["<rate:rate> (peak <peak:rate>)?"])
        .doc("Requests for each second on an ordinary day, and at the busiest time.")
        .example("traffic 900/s peak 1500/s"),
    Entry::new("capacity", &["<rate:rate above 0/s> per replica"])
        .doc("What one ready replica can carry.")
        .example("capacity 120/s per replica"),
    Entry::new("users", &["<count:count> per day"])
        .doc("Different users on an ordinary day.")
        .example("users 2M per day"),
    Entry::new("objective", &["<share:percent above 0% and below 100%> over <window:duration above 0s>"])
        .doc("The service level objective; what is missing to 100 % is the error budget.")
        .example("objective 99.9% over 30d"),
    Entry::new("image", &["<image:text>"])
        .doc("The image, for a service that has no manifest.")
        .example("image \"registry.example.com/shop/web@sha256:...\""),
    Entry::new("replicas", &["<count:integer>"])
        .doc("Replicas at full size (default: the manifest's).")
        .example("replicas 12"),
    Entry::new("port", &["<port:integer from 1 to 65535>"])
        .doc("The port that takes traffic (default: the manifest's).")
        .example("port 8080"),
    Entry::new("ready", &["http <path:text>", "tcp <port:integer from 1 to 65535>", "grpc <port:integer from 1 to 65535>"])
        .doc("How readiness is probed (default: the manifest's readiness probe).")
        .example("ready http \"/ready\""),
    Entry::new("live", &["http <path:text>", "tcp <port:integer from 1 to 65535>", "grpc <port:integer from 1 to 65535>"])
        .doc("How liveness is probed (default: the manifest's liveness probe).")
        .example("live http \"/health\""),
    Entry::new("startup", &["<time:duration>"])
        .doc("From start to ready, at the worst.")
        .example("startup 20s"),
    Entry::new("drain", &["<time:duration>"])
        .doc("How long a replica that is taken out goes on answering (default: the manifest's preStop sleep).")
        .example("drain 30s"),
    Entry::new("deregistration", &["<time:duration>"])
        .doc("How long the load balancer goes on sending to a replica that was taken out (default: 10s).")
        .example("deregistration 15s"),
    Entry::new("request-timeout", &["<time:duration above 0s>"])
        .doc("The longest that one request may take: what is still in flight when a replica is taken out ends within that time.")
        .example("request-timeout 30s"),
    Entry::new("cache", &["<share:percent above 0% and below 100%> before <service:service>"])
        .doc("The share of its requests that a warm replica answers from its own cache, and the service that it asks for the others. A replica that has just started asks for all of them.")
        .example("cache 95% before catalog"),
    Entry::new("max-surge", &["<amount:amount>"])
        .doc("Replicas above the full size while rolling; a percentage is rounded up (default: the manifest's).")
        .example("max-surge 25%"),
    Entry::new("max-unavailable", &["<amount:amount>"])
        .doc("Replicas below the full size while rolling; a percentage is rounded down (default: the manifest's).")
        .example("max-unavailable 0"),
    Entry::new("min-instances", &["<count:integer>"])
        .doc("Instances that are kept warm where the platform scales to zero.")
        .example("min-instances 2"),
    Entry::new("domains", &["(<domain:id> <share:percent>),..."])
        .doc("The failure domains and their shares of the traffic; together 100 %.")
        .example("domains seoul 40%, tokyo 60%"),
    Entry::new("runs", &["<version:id>"])
        .doc("The version that runs now, for a service that no plan here rolls.")
        .example("runs 42"),
    Entry::new("connections", &["<count:integer> per replica"])
        .doc("Database connections that one replica may hold.")
        .example("connections 20 per replica"),
    Entry::new("version", &["<id:id>"])
        .may_block(Place::Version)
        .many()
        .doc("What one version is, needs and offers.")
        .example("version 42 { schema orders 0042 }"),];

pub(super) static VERSION: [Entry; 14] = [
    Entry::new("image", &["<image:text>"])
        .doc("The image, by digest (default for the version that a plan rolls to: the manifest's).")
        .example("image \"registry.example.com/shop/checkout@sha256:...\""),
    Entry::new("attested", &["by <who:text>"])
        .doc("Who attests its image: a pipeline, a key. Where some version has it, one that is rolled out without it is told.")
        .example("attested by \"release pipeline\""),
    Entry::new("schema", &["<database:database> <id:id>"])
        .many()
        .doc("The migration that the version was built against.")
        .example("schema orders 0042"),
    Entry::new("queries", &["<glob:path>..."])
        .many()
        .doc("The SQL that the version sends; it sharpens what the version relies on.")
        .example("queries \"sql/42/*.sql\""),
    Entry::new("uses", &["<element:id>..."])
        .many()
        .doc("Tables and columns that the version relies on (default: the whole schema it was built against).")
        .example("uses orders.id, orders.total"),
    Entry::new("reads", &["<format:format> <n:id>..."])
        .many()
        .doc("The numbers of a format that the version can read.")
        .example("reads session 1, 2"),
    Entry::new("writes", &["<format:format> <n:id>..."])
        .many()
        .doc("The numbers of a format that the version writes.")
        .example("writes session 2"),
    Entry::new("serves", &["<api:id> <n:id>..."])
        .many()
        .doc("The versions of an API that it answers.")
        .example("serves orders-api 1, 2"),
    Entry::new("calls", &["<api:id> <n:id>..."])
        .many()
        .doc("The versions of an API that it calls.")
        .example("calls orders-api 2"),
    Entry::new("needs", &["<config:config> <key:id>..."])
        .many()
        .doc("Keys of a configuration that must be there while the version runs.")
        .example("needs rate-limits per-client.burst"),
    Entry::new("env", &["<name:id> <value:any-text>"])
        .many()
        .doc("An environment variable of this version, where it differs from the manifest's.")
        .example("env ALLOWED_ORIGINS \"https://shop.example.kr\""),
    Entry::new("accepts", &["<config:config> up to <limit:bytes>"])
        .many()
        .doc("The largest version of a configuration that it can load.")
        .example("accepts bot-features up to 1MiB"),
    Entry::new("evaluates", &["<flag:flag> (as <meaning:id>)?"])
        .many()
        .doc("A flag that it asks for, and what it does where the flag is on. Versions that name different meanings of one flag must not run together.")
        .example("evaluates express-pay as \"one-click checkout\""),
    Entry::new("supports", &["<service:service> <version:id>..."])
        .many()
        .doc("The versions of another service, or of the platform declared as one, beside which it runs; beside others it is not tried.")
        .example("supports kubelet 1.27, 1.28"),
];
