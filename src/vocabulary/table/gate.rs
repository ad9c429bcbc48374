//! Providers and gates.

use super::super::Entry;

pub(super) static PROVIDER: [Entry; 6] = [
    Entry::new("kind", &["<kind:prometheus|cloud-monitoring|datadog|cloudwatch|web|job>"])
        .doc("What it is (default: what its name says).")
        .example("kind prometheus"),
    Entry::new("address", &["<address:text>"])
        .doc("Where it answers.")
        .example("address \"http://prometheus.monitoring:9090\""),
    Entry::new("scrape", &["<time:duration above 0s>"])
        .doc("How often it collects; a query window below twice this sees nothing now and then.")
        .example("scrape 15s"),
    Entry::new("delay", &["<time:duration>"])
        .doc("From the moment of an event to the moment when a query sees it.")
        .example("delay 30s"),
    Entry::new("project", &["<project:id>"])
        .doc("The cloud project whose measurements are read.")
        .example("project shop-prod"),
    Entry::new("secret", &["<reference:text>"])
        .doc("The name of the secret that holds the credentials. Values are never written in a plan.")
        .example("secret \"datadog-api-key\""),];

pub(super) static GATE: [Entry; 11] = [
    Entry::new("like", &["<gate:gate>"])
        .doc("Takes over everything that this gate does not say itself.")
        .example("like errors"),
    Entry::new("from", &["<provider:provider>"])
        .doc("The provider to ask (default: the only one that is visible).")
        .example("from prometheus"),
    Entry::new("query", &["<query:text>"])
        .doc("The query. `$service` and `$version` are the only substitutions.")
        .example("query \"\"\"sum(rate(http_requests_total{version=\"$version\", code=~\"5..\"}[2m]))\"\"\""),
    Entry::new("kind", &["<kind:proportion|mean|count|rate>", "<kind:quantile> <quantile:percent above 0%>"])
        .doc("What the query measures; it decides which statistics apply.")
        .example("kind proportion"),
    Entry::new(
        "expect",
        &[
            "value <op:compare> <limit:threshold>",
            "value <op:compare> <factor:number> * baseline",
            "value <op:compare> baseline",
        ],
    )
    .doc("When a look passes. `baseline` is the same query with the `from` version over the same window; comparing with it means: not significantly worse.")
    .example("expect value < 1%"),
    Entry::new(
        "fail",
        &[
            "value <op:compare> <limit:threshold>",
            "value <op:compare> <factor:number> * baseline",
            "value <op:compare> baseline",
        ],
    )
    .doc("When a look fails; what lies between `expect` and `fail` is inconclusive (default: what does not pass fails).")
    .example("fail value > 5%"),
    Entry::new("buckets", &["<bound:duration above 0s>..."])
        .doc("The bounds of the histogram that a quantile is taken of; a limit between two of them is a guess.")
        .example("buckets 100ms, 250ms, 500ms, 1s"),
    Entry::new("normally", &["<value:threshold>"])
        .doc("The healthy value.")
        .example("normally 0.1%"),
    Entry::new("detect", &["<factor:factor>", "+ <added:threshold>", "<value:threshold>"])
        .doc("The fault that must not slip through: as a value, as added (`+0.5%`), or as a multiple (`x2`).")
        .example("detect 2%"),
    Entry::new("every", &["<interval:duration> for <round:duration>"])
        .doc("How often to look, and how long a round of looks is.")
        .example("every 1m for 10m"),
    Entry::new("tolerate", &["<count:integer> failure", "<count:integer> failures"])
        .doc("How many looks of one round may fail.")
        .example("tolerate 1 failure"),];
