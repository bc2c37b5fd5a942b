//! What a developer is handed when something is odd: state and log as one JSON text, without anything
//! that a person typed.

use std::time::SystemTime;

use serde_json::json;

use crate::error::Result;
use crate::handle::Doorstep;
use crate::log::LogLine;

#[uniffi::export]
impl Doorstep {
    /// Versions, numbers, states and the lines that wait in the log, as JSON. No names, notes or things.
    pub fn diagnosis(&self) -> Result<String> {
        self.call("Doorstep.diagnosis", (), |replica, ()| {
            let log: Vec<_> = self.log.peek().iter().map(line).collect();
            let whole = json!({
                "replica": replica.diagnosis()?,
                "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
                "encrypts": cfg!(feature = "sqlcipher"),
                "log": log,
            });
            Ok(whole.to_string())
        })
    }
}

fn line(line: &LogLine) -> serde_json::Value {
    let at = line.at.duration_since(SystemTime::UNIX_EPOCH);
    json!([
        at.map(|since| since.as_secs()).unwrap_or(0),
        format!("{:?}", line.level).to_lowercase(),
        line.text,
    ])
}
