//! The texts that are measured: plans as teams write them, made by counting, so that every run and
//! every machine measures the same bytes.
//!
//! One team is what `examples/checkout` holds, without its manifests and migrations: comments,
//! docs, queries over several lines, a service with two versions, a plan with its steps written
//! out and one that uses the shared strategy. Nothing in it names a file, so that what is measured
//! is the language and not the disk.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod fleet;

use std::path::{Path, PathBuf};

use switchback::source::MemoryLoader;

/// What all teams share: the provider, two gates, a strategy, a policy and the targets.
pub const PLATFORM: &str = r#"# Owned by the platform team. Changes here reach every plan that imports the file.
provider prometheus { address "http://prometheus.monitoring:9090"; scrape 15s; delay 30s }

## Share of the requests that end in an error, over both protocols.
gate errors {
  query """
    (sum(rate(http_requests_total{app="$service", version="$version", code=~"5.."}[2m])) or vector(0))
      / sum(rate(http_requests_total{app="$service", version="$version"}[2m]))
  """
  kind proportion
  expect value < 1%
  normally 0.1%
  detect 2%
  every 1m for 10m
  tolerate 1 failure
}

## The usual way for a service that takes money.
strategy cautious(gates, first = 1%) {
  step canary { weight first; hold 1h; watch gates }
  step ramp { weight 5% -> 25%; hold 1h; watch gates }
  step half { approve by "sre"; weight 50%; hold 1h; watch gates }
  step full { weight 100%; hold 24h; watch gates }
}

policy production {
  require first-weight <= 5%
  require weight-ratio <= 5
  require hold >= 10m
  require rollback-time <= 5m
  require users-exposed <= 5%
  forbid mutable-tag
  freeze 2026-12-18 .. 2027-01-04 in "Asia/Seoul"
}

target prod { kind argo-rollouts; namespace shop; router gateway-api "shop-route" }
"#;

/// What one team writes; `NN` stands for its number.
const TEAM: &str = r#"
# ---------------------------------------------------------------------------------------------
# Orders of region NN. On call: #orders-NN, pages go to the team that changed something last.
# ---------------------------------------------------------------------------------------------

## Takes orders and hands them to payment. The service is stateless; what a customer has put into
## the basket lives in the session cookie, and its format is declared below.
service orders-NN {
  replicas 12
  port 8080
  ready http "/healthz/ready"
  live http "/healthz/live"
  drain 30s
  traffic 900/s peak 1500/s
  capacity 120/s per replica
  users 2M per day
  objective 99.9% over 30d

  version 41 {
    image "registry.example.com/shop/orders-NN@sha256:9f8c96e4fbf92443a4e70fc82db4ac357e86543feb071889dc701bdfea905bcf"
    reads session-NN 1, 2
    writes session-NN 1
  }
  ## Reads the address from customers, and knows gift notes.
  version 42 {
    image "registry.example.com/shop/orders-NN@sha256:1c2d96e4fbf92443a4e70fc82db4ac357e86543feb071889dc701bdfea905bd0"
    reads session-NN 1, 2
    writes session-NN 2
    env GIFT_NOTES "on"
  }
}

## What the session cookie of region NN holds; baskets are kept for a week.
format session-NN { retention 7d }

## Latency is read from the histogram of the proxy, not of the service: a request that waits in a
## queue before it reaches the service is slow for the customer all the same.
gate latency-NN {
  query """
    histogram_quantile(0.99,
      sum by (le) (rate(http_request_duration_seconds_bucket{app="$service", version="$version", region="NN"}[5m])))
  """
  kind quantile 99%
  expect value < 300ms   # agreed with the product owner, see the runbook
  normally 150ms
  detect 600ms
  every 1m for 10m
}

gate errors-vs-baseline-NN {
  like errors
  expect value < 2 * baseline
  detect x3
}

# The old version stays warm until the last step, because baskets of the new one cannot be read by
# anything older than 41. Nothing moves at the weekend.
plan orders-NN-42 {
  roll orders-NN from 41 to 42
  obeys production
  on target prod

  step canary {
    weight 1%
    hold 1h
    watch errors, latency-NN
  }
  step ramp {
    weight 5% -> 10% -> 25%
    hold 1h
    watch errors, errors-vs-baseline-NN, latency-NN
    on failure rollback
  }
  step half {
    approve by "sre-NN" within 4h   # the human looks at the dashboard of the region first
    weight 50%
    hold 2h
    watch errors, errors-vs-baseline-NN, latency-NN
  }
  step full {
    weight 100%
    hold 24h
    watch errors, latency-NN
  }

  no return because "version 42 writes sessions that 40 and older cannot read"

  step finish {
    retire 41
  }

  rollback within 2m
}

## The same service, when only its configuration changes: the shared strategy is enough.
plan orders-NN-settings {
  roll orders-NN from 41 to 42
  obeys production
  on target prod
  use cautious(gates = [errors, latency-NN], first = 2%)
  rollback within 2m
}
"#;

/// What team `number` writes.
pub fn team(number: usize) -> String {
    TEAM.replace("NN", &format!("{number:04}"))
}

/// One file of at least `bytes` bytes: the platform and as many teams as are needed.
pub fn one_file(bytes: usize) -> String {
    let mut text = PLATFORM.to_string();
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&team(number));
    }
    text
}

/// `text` as the only file of a project in memory.
pub fn single(text: &str) -> (MemoryLoader, Vec<PathBuf>) {
    let loader = MemoryLoader::new()
        .with("project/switchback.toml", "")
        .with("project/main.swb", text);
    (loader, vec![PathBuf::from("project/main.swb")])
}

/// `files` files of one team each, in folders of 50, each of which imports the platform.
pub fn project(files: usize) -> (MemoryLoader, Vec<PathBuf>) {
    let mut loader = MemoryLoader::new()
        .with("project/switchback.toml", "")
        .with("project/platform.swb", PLATFORM);
    let mut entries = Vec::with_capacity(files);
    for number in 0..files {
        let path = PathBuf::from(format!(
            "project/area-{:03}/team-{number:05}.swb",
            number / 50
        ));
        let text = format!("import \"../platform.swb\"\n{}", team(number));
        loader = loader.with(path.clone(), text);
        entries.push(path);
    }
    (loader, entries)
}

/// The folder that shown paths are relative to.
pub fn base() -> &'static Path {
    Path::new("project")
}

/// SQL of so many bytes, in the forms that migrations are written in: each round makes a few tables
/// and does to them what years of releases do. PostgreSQL takes all of it.
pub fn migrations(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 4_096);
    for number in 0_usize.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&MIGRATIONS.replace("{n}", &number.to_string()));
    }
    text
}

const MIGRATIONS: &str = r#"
-- orders and who placed them
CREATE TYPE state{n} AS ENUM ('new', 'paid', 'sent');
CREATE TABLE customers{n} (
    id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    email varchar(320) NOT NULL UNIQUE,
    name text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    settings jsonb NOT NULL DEFAULT '{}'::jsonb,
    CONSTRAINT customers{n}_email_check CHECK (position('@' in email) > 1)
);
CREATE TABLE IF NOT EXISTS orders{n} (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers{n} (id) ON DELETE CASCADE,
    state state{n} NOT NULL DEFAULT 'new',
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    placed_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP,
    note text
);
CREATE INDEX orders{n}_customer ON orders{n} USING btree (customer_id, placed_at DESC);
CREATE UNIQUE INDEX orders{n}_open ON orders{n} (customer_id) WHERE state = 'new';
ALTER TABLE orders{n} ADD COLUMN currency char(3) NOT NULL DEFAULT 'EUR', ADD COLUMN paid_at timestamptz;
ALTER TABLE orders{n} ADD CONSTRAINT orders{n}_paid CHECK (paid_at IS NULL OR paid_at >= placed_at) NOT VALID;
ALTER TABLE orders{n} VALIDATE CONSTRAINT orders{n}_paid;
ALTER TABLE customers{n} ALTER COLUMN name TYPE varchar(200), ALTER COLUMN settings DROP NOT NULL;
ALTER TABLE customers{n} RENAME COLUMN name TO full_name;
COMMENT ON TABLE orders{n} IS 'One row for each order; what was refunded stays here.';
INSERT INTO customers{n} (email, full_name) VALUES ('a@example.com', 'A'), ('b@example.com', 'B');
UPDATE orders{n} SET paid_at = placed_at WHERE state <> 'new' AND paid_at IS NULL;
DELETE FROM orders{n} WHERE total = 0;
CREATE VIEW open_orders{n} AS
    SELECT o.id, o.total, c.email, count(*) OVER (PARTITION BY c.id) AS of_customer
    FROM orders{n} o
    JOIN customers{n} c ON c.id = o.customer_id
    WHERE o.state IN ('new', 'paid') AND NOT EXISTS (SELECT 1 FROM orders{n} x WHERE x.id > o.id);
CREATE OR REPLACE FUNCTION touch{n}() RETURNS trigger AS $$
BEGIN
    NEW.placed_at := now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER orders{n}_touch BEFORE INSERT OR UPDATE ON orders{n}
    FOR EACH ROW EXECUTE FUNCTION touch{n}();
GRANT SELECT, INSERT ON orders{n} TO PUBLIC;
ALTER TABLE orders{n} DROP COLUMN IF EXISTS note;
DROP INDEX IF EXISTS orders{n}_open;
"#;
