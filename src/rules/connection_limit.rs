//! CP08: the pools of all replicas fit into what the database takes.

use crate::diagnostic::{Class, Edit, Proof, Rule, Severity};
use crate::measure::capacity::{Excess, Shared};

use super::capacity::is_number;
use super::one_by_one::one_by_one;
use super::surge_over_quota::{Help, listed, told};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Sufficient),
    check,
};

static RULE: Rule = Rule {
    name: "connection-limit",
    code: "CP08",
    severity: Severity::Error,
    summary: "the connections of all replicas at once are as many as the database takes",
    why: "While two versions run side by side, there are more replicas than ever, and each of them opens its pool. The one that comes last is refused by the database: often that is the new version, and as often an old one that reconnects. A replica that is being terminated keeps its connections until it has ended.\n\nA service says `connections 20 per replica`, and a database `connections 500`; services that are not rolled hold theirs, too. Leave some of them out for people and for migrations.",
    failing: pooled!("connections 240"),
    passing: pooled!("connections 320"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    for excess in judged.capacity.excesses() {
        let Shared::Connections(database) = excess.shared else {
            continue;
        };
        let Some(database) = context.model.databases.get(database) else {
            continue;
        };
        let message = format!(
            "`{}` takes {} connections, and up to {} are asked for at once: {}",
            database.name.value,
            excess.limit.0,
            excess.total,
            listed(context.model, excess)
        );
        let said = format!("takes {} connections", excess.limit.0);
        let help = help(context, excess);
        out.extend(told(context, judged, excess, (&RULE, message, said), help));
    }
}

fn help(context: &Context<'_>, excess: &Excess) -> Help {
    let raise = format!("let the database take {}", excess.total);
    if let Some(apart) = one_by_one(context, excess) {
        return Help {
            text: format!("{apart}; or {raise}"),
            fix: None,
        };
    }
    // the pool of what this plan rolls, so that the sum is within the limit
    let judged = context.judged;
    let own = excess.shares.iter().find(|share| {
        judged.is_some_and(|judged| {
            let rolls = judged.capacity.rolled(judged.place);
            rolls.iter().any(|rolled| rolled.service == share.service)
        })
    });
    let fits = own.and_then(|share| {
        let mine = share.replicas.saturating_mul(share.each);
        let others = excess.total.saturating_sub(mine);
        let left = excess.limit.0.checked_sub(others)?;
        let pool = left.checked_div(share.replicas)?;
        (pool > 0).then_some((share, pool))
    });
    let Some((share, pool)) = fits else {
        return Help {
            text: raise,
            fix: None,
        };
    };
    let service = context.model.services.get(share.service);
    let name = service.map_or("", |service| &service.name.value);
    let said = service.and_then(|service| service.connections);
    let said = said.filter(|said| is_number(context.sources, said.span));
    let title = format!("write `connections {pool} per replica`");
    Help {
        text: format!(
            "{title} in `{name}`: {} of them ask for {} then; or {raise}",
            share.replicas,
            share.replicas.saturating_mul(pool)
        ),
        fix: said.map(|said| {
            let edit = Edit {
                span: said.span,
                text: pool.to_string(),
            };
            (title, vec![edit])
        }),
    }
}
