//! CP04: a disruption budget lets go of at least one replica.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "pdb-deadlock",
    code: "CP04",
    severity: Severity::Error,
    summary: "a disruption budget lets go of at least one replica",
    why: "A budget that needs every replica refuses every eviction. No node under it can be drained: an upgrade of the cluster waits until somebody deletes the budget by hand, and then nothing protects the service any more.",
    failing: concat!(
        deployed!(
            "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  minAvailable: 3\n  selector:\n    matchLabels: {app: web}\n"
    ),
    passing: concat!(
        deployed!(
            "          readinessProbe: {httpGet: {path: /ready, port: 8080}}\n          livenessProbe: {httpGet: {path: /health, port: 8080}}\n          lifecycle: {preStop: {sleep: {seconds: 15}}}\n",
            "      terminationGracePeriodSeconds: 45\n"
        ),
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec:\n  maxUnavailable: 1\n  selector:\n    matchLabels: {app: web}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    for roll in &context.plan.rolls {
        let service = &context.model.services[roll.service];
        let (Some(workload), Some(replicas)) = (&service.workload, service.replicas()) else {
            continue;
        };
        if workload.facts().kind.is_serverless() {
            continue;
        }
        // an autoscaler in a file of its own keeps its minimum as one beside the workload does
        let least = context
            .model
            .autoscaler_of(workload)
            .map(|scaler| scaler.min_or_default());
        let count = u32::try_from(replicas.value).unwrap_or(u32::MAX);
        let count = least.map_or(count, |least| count.max(least));
        if count == 0 {
            continue;
        }
        for budget in context.model.disruption_budgets_of(workload) {
            if budget.allows(count) != Some(0) {
                continue;
            }
            let said = budget.max_unavailable.or(budget.min_available);
            let place = said.map_or(budget.span, |said| said.span);
            let name = &service.name.value;
            let found = Diagnostic::new(
                &RULE,
                place,
                format!(
                    "no replica of `{name}` may ever be evicted: the budget needs all {count} of them"
                ),
            )
            .here("lets go of none")
            .also(replicas.span, format!("{count} at full size"))
            .help(match count {
                1 => "run at least two replicas and write `maxUnavailable: 1`",
                _ => "write `maxUnavailable: 1`",
            });
            out.push(Found {
                diagnostic: found,
                step: None,
            });
        }
    }
}
