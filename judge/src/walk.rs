//! One judgement: looks when they are due, progress on standard error, the verdict on standard
//! output.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use switchback::check::{Options, check};
use switchback::diagnostic::nearest;
use switchback::judge::{
    Assignment, Judging, LookTaken, Outcome, Verdict, assignment, find_leg, json,
};
use switchback::source::DiskLoader;

use crate::args::{Format, JudgeArgs};
use crate::ask::Client;
use crate::credentials::Credentials;

/// A look that is later than this is one that was missed: it is asked for its own time.
const LATE: u64 = 5_000;
/// A provider that is away is asked again for at least this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Judges, and gives the exit code.
pub fn run(args: &JudgeArgs) -> Result<u8, String> {
    let assignment = read(args)?;
    let clients = clients(args, &assignment)?;
    let clock = Clock::since(args)?;
    if args.dry_run {
        say(&format!(
            "leg {} of plan {} can be judged: {} gates, {} in all",
            assignment.leg,
            assignment.plan,
            assignment.gates.len(),
            assignment.hold
        ));
        return Ok(0);
    }
    let mut judging = Judging::new(&assignment);
    let mut looks: Vec<Vec<LookTaken>> = vec![Vec::new(); assignment.gates.len()];
    say(&format!(
        "judging leg {} (step {}) for {}",
        assignment.leg, assignment.step, assignment.hold
    ));
    while let Some(due) = judging.due() {
        let Some(gate) = assignment.gates.get(due.gate) else {
            break;
        };
        let Some(client) = clients.get(&gate.provider.name) else {
            break;
        };
        if clock.passed() < due.time {
            say(&format!(
                "gate {}: round {} of {}, look {} of {} in {}",
                gate.name,
                due.round,
                gate.rounds,
                due.look,
                gate.looks,
                short(due.time - clock.passed())
            ));
        }
        clock.sleep_until(due.time);
        let missed = clock.passed().saturating_sub(due.time) > LATE;
        let time = missed.then(|| clock.at(due.time));
        // until the next look of this gate, and no longer: a judgement ends in time
        let patience = Duration::from_millis(gate.interval.millis()).max(PATIENCE);
        let measured = client.sample(&gate.questions, time, Instant::now() + patience, &|text| {
            say(&format!("gate {}: {text}", gate.name));
        });
        let Some((seen, why)) = judging.take(&measured.sample) else {
            break;
        };
        let taken = LookTaken::new(
            due,
            measured.at,
            &measured.sample,
            seen,
            why,
            measured.warnings,
        );
        say(&format!("gate {}: {}", gate.name, taken.line()));
        if let Some(looks) = looks.get_mut(due.gate) {
            looks.push(taken);
        }
    }
    let Some(outcome) = judging.outcome() else {
        return Err("the judgement ended before its last look".into());
    };
    let decided = Timestamp::now();
    if outcome.0 == Outcome::Pass {
        clock.sleep_until(assignment.hold.millis());
    }
    let mut verdict = Verdict::new(&assignment, outcome, looks);
    verdict.changed = rfc3339(clock.changed);
    verdict.decided = rfc3339(decided.as_millisecond());
    let text = match args.format {
        Format::Json => json(&verdict),
        Format::Full => format!("{}\n", verdict.line()),
    };
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(outcome.0.code())
}

fn read(args: &JudgeArgs) -> Result<Assignment, String> {
    let files = switchback::cli::plan_files(std::slice::from_ref(&args.path))?;
    let base = std::env::current_dir()
        .and_then(std::fs::canonicalize)
        .unwrap_or_else(|_| PathBuf::new());
    let options = Options {
        environment: args.env.clone(),
        sets: args.set.clone(),
        ..Options::default()
    };
    let outcome = check(&DiskLoader, &base, &files, &options)?;
    let Some((model, plan)) = outcome.plan(&args.plan) else {
        let names = outcome.plan_names();
        let known = match nearest(&args.plan, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there is {}", names.join(", ")),
        };
        return Err(format!("there is no plan `{}`; {known}", args.plan));
    };
    if plan.incomplete {
        return Err(format!(
            "plan `{}` could not be read whole; `switchback check` says why",
            args.plan
        ));
    }
    if let Some(asked) = &args.target {
        let mut names = model.targets.iter().map(|target| &target.name.value);
        if !names.any(|name| name == asked) {
            return Err(format!("there is no target `{asked}`"));
        }
    }
    let leg = find_leg(plan, &args.leg)?;
    assignment(model, plan, leg, args.service.as_deref()).map_err(|facts| {
        format!(
            "leg {} of plan `{}` cannot be judged; it needs\n  - {}",
            leg + 1,
            args.plan,
            facts.join("\n  - ")
        )
    })
}

fn clients(args: &JudgeArgs, assignment: &Assignment) -> Result<BTreeMap<String, Client>, String> {
    let mut clients = BTreeMap::new();
    for gate in &assignment.gates {
        let provider = &gate.provider;
        if clients.contains_key(&provider.name) {
            continue;
        }
        let credentials = Credentials::of(
            provider,
            args.token_env.as_deref(),
            args.token_file.as_ref(),
        )?;
        let client = Client::new(
            provider,
            args.address.as_deref(),
            credentials,
            args.certificates.as_deref(),
        )?;
        clients.insert(provider.name.clone(), client);
    }
    Ok(clients)
}

/// Milliseconds since the change had finished, by a clock that nobody sets.
struct Clock {
    /// When the change had finished, in milliseconds since 1970.
    changed: i64,
    /// How long that was before `started`.
    before: u64,
    started: Instant,
}

impl Clock {
    fn since(args: &JudgeArgs) -> Result<Clock, String> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| {
                i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
            });
        let changed = args.since.map_or(now, |since| since.0);
        let before = u64::try_from(now.saturating_sub(changed))
            .map_err(|_| format!("`--since {}` is still to come", rfc3339(changed)))?;
        Ok(Clock {
            changed,
            before,
            started: Instant::now(),
        })
    }

    fn passed(&self) -> u64 {
        let own = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.before.saturating_add(own)
    }

    /// That moment in seconds since 1970.
    fn at(&self, time: u64) -> f64 {
        (self.changed as f64 + time as f64) / 1000.0
    }

    fn sleep_until(&self, time: u64) {
        // in pieces: a machine that was asleep wakes up late and not again as much later
        while let Some(left) = time.checked_sub(self.passed()).filter(|left| *left > 0) {
            std::thread::sleep(Duration::from_millis(left.min(30_000)));
        }
    }
}

fn rfc3339(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |time| time.to_string())
}

fn short(millis: u64) -> String {
    switchback::units::Duration::from_secs(millis.div_ceil(1000)).to_string()
}

/// Says something beside the result.
pub fn say(text: &str) {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\n' { '·' } else { c })
        .collect();
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "{clean}");
}
