//! One more condition: what it would prevent, and whether it would close a cycle.

use super::clocks::Clocks;
use super::lanes::{Event, Point, Wait};
use super::ranges::Range;

/// What one more condition would do to states that can be live at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It closes a cycle, so some events would never happen.
    Deadlock,
    /// The states could no longer be live at the same time.
    Apart,
    /// They still could.
    Together,
}

impl Clocks {
    /// Whether the condition would close a cycle: what is needed comes after the event, or is it.
    /// So does a condition on an event that does not exist, since it would never be met.
    pub fn would_deadlock(&self, wait: Wait) -> bool {
        let Wait { event, needs } = wait;
        if event.state == 0 || needs.state == 0 || self.spot(event.into()).is_none() {
            return true;
        }
        self.clock(needs.into(), event.lane)
            .is_none_or(|clock| clock >= event.state)
    }

    /// What the condition would do to these states, asked for after these events.
    ///
    /// Nothing is computed anew: if the least ideal that holds the states has the event, the least
    /// one that also keeps the condition is that ideal with all that the needed event needs, and it
    /// must still go past none of the states. Quadratic in the number of points.
    pub fn effect(&self, wait: Wait, happened: &[Event], now: &[Point]) -> Effect {
        if self.would_deadlock(wait) {
            return Effect::Deadlock;
        }
        if !self.all_together_after(happened, now) {
            return Effect::Apart;
        }
        let holds = |point: Point| {
            self.clock(point, wait.event.lane)
                .is_some_and(|clock| clock >= wait.event.state)
        };
        let waits = happened.iter().any(|f| holds((*f).into())) || now.iter().any(|p| holds(*p));
        if waits && !now.iter().all(|p| self.after_event(wait.needs, *p)) {
            Effect::Apart
        } else {
            Effect::Together
        }
    }

    /// The conditions, at most two, each of which alone keeps the two ranges from ever being live at
    /// the same time without closing a cycle: one is entered only after the other has been left.
    ///
    /// There is none for a range that starts where its lane starts (it cannot be held back), nor
    /// against one that lasts until its lane ends (it is never left).
    pub fn orders_apart(&self, a: &Range, b: &Range) -> Vec<Wait> {
        let after = |(entered, first): (&Range, u32), left: &Range| {
            let wait = Wait {
                event: Event {
                    lane: entered.0,
                    state: first,
                },
                needs: Event {
                    lane: left.0,
                    state: left.1.end().checked_add(1)?,
                },
            };
            (!self.would_deadlock(wait)).then_some(wait)
        };
        if a.0 == b.0 {
            return Vec::new();
        }
        let both = [after((a, *a.1.start()), b), after((b, *b.1.start()), a)];
        both.into_iter().flatten().collect()
    }
}
