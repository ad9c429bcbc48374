//! GR08: two plans that move one database do so one after the other.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

static RULE: Rule = Rule {
    name: "unordered-migrations",
    code: "GR08",
    severity: Severity::Error,
    summary: "plans of a release that move one database have an order",
    why: "A migration tool runs what its folder holds in the order of the versions. Two plans that start it at the same time run each other's migrations, at a moment that neither of them has planned.",
    failing: concat!(
        "--- main.swb\n",
        "database shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n",
        "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0002 } }\n",
        "service api { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }; version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0003 } }\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n",
        "plan api-2 {\n  roll api from 1 to 2\n  step expand { migrate shop to 0003 }\n  step all { rolling }\n}\n",
        "release both {\n  includes web-2\n  includes api-2\n}\n",
        "--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n",
        "--- db/0002_b.up.sql\nCREATE TABLE b (id int);\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
        "--- db/0003_c.up.sql\nCREATE TABLE c (id int);\n--- db/0003_c.down.sql\nDROP TABLE c;\n"
    ),
    passing: concat!(
        "--- main.swb\n",
        "database shop {\n  engine postgres 15\n  migrations \"db\"\n  at 0001\n}\n",
        "service web { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/w@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }; version 2 { image \"r/w@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0002 } }\n",
        "service api { replicas 2; ready http \"/r\"; live http \"/l\"; drain 20s; version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; schema shop 0001 }; version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; schema shop 0003 } }\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step all { rolling }\n}\n",
        "plan api-2 {\n  roll api from 1 to 2\n  step expand { migrate shop to 0003 }\n  step all { rolling }\n}\n",
        "release both {\n  includes web-2\n  includes api-2 after web-2.expand\n}\n",
        "--- db/0001_a.up.sql\nCREATE TABLE a (id int);\n--- db/0001_a.down.sql\nDROP TABLE a;\n",
        "--- db/0002_b.up.sql\nCREATE TABLE b (id int);\n--- db/0002_b.down.sql\nDROP TABLE b;\n",
        "--- db/0003_c.up.sql\nCREATE TABLE c (id int);\n--- db/0003_c.down.sql\nDROP TABLE c;\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    for pair in &judged.rollout.unordered {
        let [(one, first), (other, second)] = pair.actions;
        if other != judged.place {
            continue;
        }
        let model = context.model;
        let name = |place: usize| {
            let plan = judged.rollout.plans[place].plan;
            model.plans[plan].name.value.as_str()
        };
        let database = &model.databases[pair.database].name.value;
        let found = Diagnostic::new(
            &RULE,
            second,
            format!(
                "`{}` and `{}` both move `{database}`, and nothing puts them in order",
                name(one),
                name(other)
            ),
        )
        .here("may run while the other does")
        .also(first, format!("`{}` moves it here", name(one)))
        .help(format!(
            "let one wait for the other in the release: `includes {} after {}.STEP`",
            name(other),
            name(one)
        ));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
