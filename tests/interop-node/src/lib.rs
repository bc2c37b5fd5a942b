//! Opens documents with the JavaScript automerge, so that somebody else's reader confirms what ours
//! writes. Only the running of Node lives here; what a document should hold, the tests know.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What JavaScript sees in one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Value in hexadecimal by key of the root map.
    pub entries: BTreeMap<String, String>,
    /// Hashes of the document's changes in hexadecimal, sorted.
    pub changes: Vec<String>,
}

/// Why JavaScript did not read the documents.
#[derive(Debug)]
pub struct NodeError(String);

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NodeError {}

/// Reads these files with the automerge that `package.json` names, which is installed first if it is
/// not there. The results stand in the order of the files.
///
/// # Errors
/// `node` or `npm` is missing, the package cannot be installed, or a document does not open as a
/// flat map of bytes; the text says which and what to do.
pub fn read_with_node(files: &[PathBuf]) -> Result<Vec<Contents>, NodeError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    install_in(folder)?;
    let mut read = Command::new("node");
    let printed = output_of(read.current_dir(folder).arg("read.mjs").args(files))?;
    let json: serde_json::Value = serde_json::from_str(&printed)
        .map_err(|error| NodeError(format!("read.mjs printed no JSON: {error}: {printed}")))?;
    files
        .iter()
        .map(|file| {
            contents(&json[file.to_string_lossy().as_ref()])
                .ok_or_else(|| NodeError(format!("read.mjs says nothing of {}", file.display())))
        })
        .collect()
}

fn install_in(folder: &Path) -> Result<(), NodeError> {
    // One installation at a time, also when the tests of a binary run beside each other.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if !folder.join("node_modules/@automerge/automerge").is_dir() {
        let mut install = Command::new("npm");
        install.args(["ci", "--no-audit", "--no-fund"]);
        output_of(install.current_dir(folder))?;
    }
    Ok(())
}

fn output_of(command: &mut Command) -> Result<String, NodeError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        NodeError(format!(
            "`{program}` does not start ({error}); this test needs Node.js 20 or later with npm"
        ))
    })?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(NodeError(format!("`{program}` failed: {words}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn contents(json: &serde_json::Value) -> Option<Contents> {
    let entries = json["entries"]
        .as_object()?
        .iter()
        .map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect::<Option<_>>()?;
    let mut changes = json["changes"]
        .as_array()?
        .iter()
        .map(|hash| Some(hash.as_str()?.to_owned()))
        .collect::<Option<Vec<_>>>()?;
    changes.sort();
    Some(Contents { entries, changes })
}
