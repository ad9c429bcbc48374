//! PostgreSQL's modes of table locks (manual, "Table-level Locks").

/// A mode, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// `ACCESS SHARE`: taken by reading.
    AccessShare,
    /// `ROW SHARE`: taken by `SELECT ... FOR UPDATE`.
    RowShare,
    /// `ROW EXCLUSIVE`: taken by writing.
    RowExclusive,
    /// `SHARE UPDATE EXCLUSIVE`
    ShareUpdateExclusive,
    /// `SHARE`
    Share,
    /// `SHARE ROW EXCLUSIVE`
    ShareRowExclusive,
    /// `EXCLUSIVE`
    Exclusive,
    /// `ACCESS EXCLUSIVE`
    AccessExclusive,
}

impl LockMode {
    /// All modes, from the weakest to the strongest.
    pub const ALL: [LockMode; 8] = [
        LockMode::AccessShare,
        LockMode::RowShare,
        LockMode::RowExclusive,
        LockMode::ShareUpdateExclusive,
        LockMode::Share,
        LockMode::ShareRowExclusive,
        LockMode::Exclusive,
        LockMode::AccessExclusive,
    ];

    /// Whether nobody can read meanwhile.
    pub fn blocks_reads(self) -> bool {
        self == LockMode::AccessExclusive
    }

    /// Whether nobody can write meanwhile.
    pub fn blocks_writes(self) -> bool {
        self >= LockMode::Share
    }

    /// The usual abbreviation: `AS`, `RS`, `RX`, `SUX`, `S`, `SRX`, `X`, `AX`.
    pub fn short(self) -> &'static str {
        match self {
            LockMode::AccessShare => "AS",
            LockMode::RowShare => "RS",
            LockMode::RowExclusive => "RX",
            LockMode::ShareUpdateExclusive => "SUX",
            LockMode::Share => "S",
            LockMode::ShareRowExclusive => "SRX",
            LockMode::Exclusive => "X",
            LockMode::AccessExclusive => "AX",
        }
    }

    /// The name as `LOCK TABLE` writes it.
    pub fn name(self) -> &'static str {
        match self {
            LockMode::AccessShare => "ACCESS SHARE",
            LockMode::RowShare => "ROW SHARE",
            LockMode::RowExclusive => "ROW EXCLUSIVE",
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::Exclusive => "EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether `self` and `other` exclude each other on one table. (`SHARE` is no subset of the
    /// modes below it: two of them go together.)
    pub fn conflicts(self, other: LockMode) -> bool {
        use LockMode as M;
        let weakest_refused = match self {
            M::AccessShare => M::AccessExclusive,
            M::RowShare => M::Exclusive,
            M::RowExclusive => M::Share,
            M::ShareUpdateExclusive => M::ShareUpdateExclusive,
            M::Share => return other != M::Share && other >= M::RowExclusive,
            M::ShareRowExclusive => M::RowExclusive,
            M::Exclusive => M::RowShare,
            M::AccessExclusive => M::AccessShare,
        };
        other >= weakest_refused
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode;

    #[test]
    fn conflicts_are_symmetric_and_as_the_manual_says() {
        for one in LockMode::ALL {
            for other in LockMode::ALL {
                assert_eq!(
                    one.conflicts(other),
                    other.conflicts(one),
                    "{one:?} {other:?}"
                );
            }
        }
        let refused = |mode: LockMode| {
            let modes = LockMode::ALL.into_iter();
            modes.filter(|&other| mode.conflicts(other)).count()
        };
        // the rows of the manual's table, from the weakest mode on
        assert_eq!(LockMode::ALL.map(refused), [1, 2, 4, 5, 5, 6, 7, 8]);
    }
}
