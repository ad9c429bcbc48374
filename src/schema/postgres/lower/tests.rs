use super::*;
use crate::schema::postgres::change::TableAction;
use crate::source::FileId;

fn lowered(sql: &str) -> Vec<(String, Change)> {
    let at = Span::new(FileId(0), 0, sql.len());
    lower(sql, at, &Catalog::default(), "public")
        .into_iter()
        .map(|found| (sql[found.span.range()].to_string(), found.value))
        .collect()
}

#[test]
fn every_subcommand_has_its_own_place() {
    let found = lowered(
        "ALTER TABLE ONLY s.t ADD COLUMN a int DEFAULT now(), DROP COLUMN IF EXISTS b CASCADE ;",
    );
    assert_eq!(found[0].0, "ADD COLUMN a int DEFAULT now()");
    assert_eq!(found[1].0, "DROP COLUMN IF EXISTS b CASCADE");
    let Change::AlterTable {
        relation,
        only,
        action,
        ..
    } = &found[1].1
    else {
        panic!("{found:?}")
    };
    assert_eq!((relation.to_string().as_str(), *only), ("s.t", true));
    let expected = TableAction::DropColumn {
        column: "b".into(),
        if_exists: true,
        cascade: true,
    };
    assert_eq!(**action, expected);
}

#[test]
fn what_does_not_parse_is_unknown_at_its_place() {
    let found = lowered("ALTER TABLE t ADDD COLUMN a int");
    assert!(found[0].1.is_unknown(), "{found:?}");
    assert_ne!(found[0].0, "");
}
