//! The conditions of a metric: a small part of the expression language, enough for every condition
//! that is emitted, and nothing that it reads in another way.

/// Whether a condition holds for a result; an error where Argo Rollouts would have one.
pub fn holds(condition: &str, result: &[f64]) -> Result<bool, String> {
    let mut reader = Reader {
        rest: condition,
        result,
    };
    let value = reader.or()?;
    reader.blank();
    match (value, reader.rest.is_empty()) {
        (Value::Bool(flag), true) => Ok(flag),
        _ => Err(format!("`{condition}` is no condition")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Number(f64),
    /// What nobody asked for, because the other side had decided.
    Skipped,
}

struct Reader<'a> {
    rest: &'a str,
    result: &'a [f64],
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, word: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Result<Value, String> {
        let mut left = self.and()?;
        while self.take("||") {
            let known = left == Value::Bool(true);
            let right = self.lazily(known, Self::and)?;
            left = join(left, right, known)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Value, String> {
        let mut left = self.not()?;
        while self.take("&&") {
            let known = left == Value::Bool(false);
            let right = self.lazily(known, Self::not)?;
            left = join(left, right, known)?;
        }
        Ok(left)
    }

    /// Reads on; where the other side has decided, an index out of range is no error.
    fn lazily(
        &mut self,
        known: bool,
        read: fn(&mut Self) -> Result<Value, String>,
    ) -> Result<Value, String> {
        if !known {
            return read(self);
        }
        let kept = std::mem::replace(&mut self.result, &[0.0]);
        let read = read(self);
        self.result = kept;
        read.map(|_| Value::Skipped)
    }

    fn not(&mut self) -> Result<Value, String> {
        self.blank();
        if self.rest.starts_with('!') && !self.rest.starts_with("!=") {
            self.rest = &self.rest[1..];
            return match self.not()? {
                Value::Bool(flag) => Ok(Value::Bool(!flag)),
                other => Err(format!("! before {other:?}")),
            };
        }
        self.compare()
    }

    fn compare(&mut self) -> Result<Value, String> {
        let left = self.primary()?;
        for op in ["<=", ">=", "==", "!=", "<", ">"] {
            if self.take(op) {
                let (Value::Number(a), Value::Number(b)) = (left, self.primary()?) else {
                    return Err(format!("{op} between what are no numbers"));
                };
                return Ok(Value::Bool(match op {
                    "<=" => a <= b,
                    ">=" => a >= b,
                    "==" => a == b,
                    "!=" => a != b,
                    "<" => a < b,
                    _ => a > b,
                }));
            }
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Value, String> {
        if self.take("(") {
            let value = self.or()?;
            return match self.take(")") {
                true => Ok(value),
                false => Err("no )".into()),
            };
        }
        if self.take("len(result)") {
            return Ok(Value::Number(self.result.len() as f64));
        }
        if self.take("isNaN(") {
            let Value::Number(number) = self.primary()? else {
                return Err("isNaN of what is no number".into());
            };
            return match self.take(")") {
                true => Ok(Value::Bool(number.is_nan())),
                false => Err("no )".into()),
            };
        }
        if self.take("result[0]") {
            let first = self.result.first().copied();
            return first.map(Value::Number).ok_or("index out of range".into());
        }
        self.blank();
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == 'e'))
            .unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number
            .parse()
            .map(Value::Number)
            .map_err(|_| format!("`{number}{rest}` is no number"))
    }
}

fn join(left: Value, right: Value, known: bool) -> Result<Value, String> {
    match (left, right) {
        (Value::Bool(_), Value::Skipped) if known => Ok(left),
        (Value::Bool(_), Value::Bool(_)) => Ok(right),
        _ => Err(format!("{left:?} and {right:?} are no conditions")),
    }
}
