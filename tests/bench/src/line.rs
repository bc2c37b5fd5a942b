//! One result: a value beside the limit that was measured in the same run.

use serde_json::json;

/// A line of `cargo xtask bench --json`.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) limit: Option<f64>,
}

impl Line {
    pub(crate) fn beside(
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        limit: f64,
    ) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            limit: Some(limit),
        }
    }

    pub(crate) fn alone(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            limit: None,
        }
    }

    fn ratio(&self) -> Option<f64> {
        self.limit
            .filter(|limit| *limit > 0.0)
            .map(|limit| self.value / limit)
    }

    pub(crate) fn json(&self) -> String {
        json!({
            "name": self.name,
            "value": round(self.value),
            "unit": self.unit,
            "limit": self.limit.map(round),
            "ratio": self.ratio().map(round),
        })
        .to_string()
    }

    pub(crate) fn words(&self) -> String {
        let limit = match (self.limit, self.ratio()) {
            (Some(limit), Some(ratio)) => {
                format!(
                    "  limit {} {}, ratio {}",
                    round(limit),
                    self.unit,
                    round(ratio)
                )
            }
            _ => String::new(),
        };
        format!(
            "{:<24}{:>12} {}{limit}",
            self.name,
            round(self.value),
            self.unit
        )
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
