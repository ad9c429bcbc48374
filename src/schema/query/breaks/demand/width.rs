//! How many columns a query within gives, and into which columns they go.

use super::{BreakKind, Element, Faults, State, When};
use crate::schema::catalog::Name;
use crate::schema::query::contract::Output;
use crate::schema::query::demand::Width;

/// How many columns there are in a state; `None` where a view's query does not tell.
fn count(columns: &[Output], state: &State<'_>) -> Option<usize> {
    columns
        .iter()
        .map(|output| match output {
            Output::Star(name) => {
                let own = state.relation(name)?;
                own.columns_known.then_some(own.columns.len())
            }
            _ => Some(1),
        })
        .sum()
}

/// The relations of which all columns are taken.
fn stars(columns: &[Output]) -> impl Iterator<Item = &Name> {
    columns.iter().filter_map(|output| match output {
        Output::Star(name) => Some(name),
        _ => None,
    })
}

pub(super) fn judge(
    columns: &[Output],
    wanted: &Width,
    at: &State<'_>,
    built: &State<'_>,
    out: &mut Faults<'_>,
) {
    let Some(now) = count(columns, at) else {
        return;
    };
    let (fits, place, sqlstate) = match wanted {
        Width::Exactly(wanted) => (now == *wanted, format!("its place takes {wanted}"), "42601"),
        Width::AtLeast(wanted) => (now >= *wanted, format!("an alias names {wanted}"), "42P10"),
        Width::As(first) => match count(first, at) {
            Some(first) => (
                now == first,
                format!("the first query of the `UNION` gives {first}"),
                "42601",
            ),
            None => return,
        },
        Width::Into(name) => {
            let Some(own) = at.relation(name).filter(|own| own.columns_known) else {
                return;
            };
            let takes = own.columns.len();
            if now <= takes {
                moved(columns, name, at, built, out);
            }
            (now <= takes, format!("`{name}` has {takes}"), "42601")
        }
    };
    if fits {
        return;
    }
    let first = match wanted {
        Width::As(first) => first.as_slice(),
        _ => &[],
    };
    let Some(star) = stars(columns).chain(stars(first)).next() else {
        return;
    };
    out.push_with(
        BreakKind::ColumnCount,
        sqlstate,
        When::Always,
        true,
        Element::Relation(star.clone()),
        format!("`*` of `{star}` makes a query of {now} columns, and {place}"),
        format!("{star} {wanted:?}"),
    );
}

/// Columns of `*` that go by their place into other columns than meant.
fn moved(columns: &[Output], into: &Name, at: &State<'_>, built: &State<'_>, out: &mut Faults<'_>) {
    let places = |state: &State<'_>| -> Vec<(Name, String, String)> {
        let Some(target) = state.relation(into) else {
            return Vec::new();
        };
        let mut given: Vec<Option<(Name, String)>> = Vec::new();
        for output in columns {
            match output {
                Output::Star(name) => {
                    let own = state.relation(name);
                    let own = own.into_iter().flat_map(|own| &own.columns);
                    given.extend(own.map(|column| Some((name.clone(), column.name.clone()))));
                }
                Output::Column(name, column) => given.push(Some((name.clone(), column.clone()))),
                _ => given.push(None),
            }
        }
        given
            .into_iter()
            .zip(&target.columns)
            .filter_map(|(given, column)| {
                let (name, given) = given?;
                Some((name, given, column.name.clone()))
            })
            .collect()
    };
    let before = places(built);
    for (name, column, goes) in places(at) {
        let meant = before
            .iter()
            .find(|(of, one, _)| (of, one) == (&name, &column));
        if let Some((_, _, meant)) = meant
            && *meant != goes
            && at.column(into, meant).is_some()
        {
            out.push(
                BreakKind::OtherColumns,
                true,
                Element::Column(into.clone(), goes.clone()),
                format!(
                    "`*` gives values by position, and `{name}.{column}`, which was meant for `{meant}`, goes to `{goes}`"
                ),
            );
            return;
        }
    }
}
