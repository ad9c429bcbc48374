//! What of a view decides which statements it takes.

/// What a view's query says of the rows that it shows (PostgreSQL manual, "Updatable Views").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Where the server writes through the view: for each of its columns the column of the relation
    /// under it, `None` for one that is computed. `None` as a whole where it cannot be written: it
    /// joins, groups, sorts out or puts together.
    pub under: Option<Vec<Option<String>>>,
    /// The relation under it, where it is written through.
    pub base: Option<super::Name>,
    /// Whether its rows are rows of relations, so that `FOR UPDATE` can lock them: nothing is
    /// grouped, made distinct or put together.
    pub lockable: bool,
    /// The condition behind `WHERE`, as written.
    pub condition: Option<String>,
    /// Whether rows that its condition does not show are refused: `WITH CHECK OPTION`.
    pub checked: bool,
    /// The functions that it calls and that migrations may have made.
    pub calls: Vec<super::Name>,
}
