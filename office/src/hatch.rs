//! The hatch (服务窗): a socket in the office's folder by which a command reaches the office that runs
//! there, since one process alone has the store open. Whoever may open the folder's files may use it,
//! and nobody else. What an errand does is `cli`'s.
//!
//! One connection is one errand: a line of JSON that says which, the bytes of the file it is about,
//! and the end of the stream. Back come lines of JSON: results, progress, and how it ended.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The socket's name in the folder.
const SOCKET: &str = "office.sock";

/// Most bytes of an errand with its file.
const ERRAND_MAX: u64 = 64 << 20;

/// How long somebody may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(30);

/// One line from the office to the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said<Failure> {
    /// Part of the results, as it stands on standard output.
    Result(String),
    /// Something for people beside the results, as it stands on standard error.
    Note(String),
    /// So much of the whole is done.
    Progress(u64, u64),
    /// It is done.
    Done,
    /// It was not done.
    Failed(Failure),
}

/// Where what is said about one errand goes.
pub type Saying<'a, Failure> = &'a mut dyn FnMut(&Said<Failure>) -> io::Result<()>;

/// An open hatch. Dropping it closes it, after the errands that have begun.
pub struct Hatch {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Hatch {
    /// Opens the hatch of the office that this process has open: `run` does one errand and says how it
    /// goes; one at a time.
    ///
    /// # Errors
    /// When the folder takes no socket: its path is too long, or its disk knows none.
    pub fn open<Errand, Failure>(
        folder: &Path,
        run: impl Fn(Errand, Vec<u8>, Saying<'_, Failure>) -> Result<(), Failure> + Send + 'static,
        not_understood: impl Fn() -> Failure + Send + 'static,
    ) -> io::Result<Self>
    where
        Errand: DeserializeOwned,
        Failure: Serialize + Clone,
    {
        let path = folder.join(SOCKET);
        // The store is open in this process: what is there is of one that has ended.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopping);
        let serving = std::thread::Builder::new()
            .name("hatch".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let served = stream.and_then(|stream| attend(&stream, &run, &not_understood));
                    if let Err(error) = served {
                        tracing::warn!(%error, "a command at the hatch went away");
                    }
                }
            })?;
        Ok(Self {
            path,
            stopping,
            serving: Some(serving),
        })
    }
}

impl Drop for Hatch {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread; if it has ended already, nobody hears.
        let _ = UnixStream::connect(&self.path);
        if let Some(serving) = self.serving.take()
            && serving.join().is_err()
        {
            tracing::error!("the hatch ended badly");
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn attend<Errand: DeserializeOwned, Failure: Serialize + Clone>(
    stream: &UnixStream,
    run: &impl Fn(Errand, Vec<u8>, Saying<'_, Failure>) -> Result<(), Failure>,
    not_understood: &impl Fn() -> Failure,
) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut asked = BufReader::new(stream.take(ERRAND_MAX));
    let mut line = String::new();
    asked.read_line(&mut line)?;
    let mut file = Vec::new();
    asked.read_to_end(&mut file)?;
    let mut answer = stream;
    let mut say = |said: &Said<Failure>| {
        let mut line = serde_json::to_vec(said)?;
        line.push(b'\n');
        answer.write_all(&line)
    };
    let ended = match serde_json::from_str(&line) {
        Ok(errand) => run(errand, file, &mut say),
        Err(_) => Err(not_understood()),
    };
    say(&match ended {
        Ok(()) => Said::Done,
        Err(failure) => Said::Failed(failure),
    })
}

/// How an errand at another process's hatch ended.
#[derive(Debug)]
pub enum Ended<Failure> {
    /// Done.
    Done,
    /// Not done, and why.
    Failed(Failure),
}

/// Has an errand done by the office that runs in this folder, and hears what it says. `None` when
/// none runs there.
///
/// # Errors
/// When the office goes away before it said how it ended.
pub fn ask<Failure: DeserializeOwned>(
    folder: &Path,
    errand: &impl Serialize,
    file: &[u8],
    mut hear: impl FnMut(Said<Failure>) -> io::Result<()>,
) -> io::Result<Option<Ended<Failure>>> {
    let Ok(mut stream) = UnixStream::connect(folder.join(SOCKET)) else {
        return Ok(None);
    };
    let mut line = serde_json::to_vec(errand)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    stream.write_all(file)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Said::Done => return Ok(Some(Ended::Done)),
            Said::Failed(failure) => return Ok(Some(Ended::Failed(failure))),
            said => hear(said)?,
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Hatch {
        let run = |errand: String, file: Vec<u8>, say: Saying<'_, String>| {
            if errand == "fail" {
                return Err("no".to_owned());
            }
            let _ = say(&Said::Progress(1, 2));
            let _ = say(&Said::Result(format!("{errand} {}\n", file.len())));
            Ok(())
        };
        Hatch::open(folder, run, || "what?".to_owned()).unwrap()
    }

    fn heard(folder: &Path, errand: &impl Serialize, file: &[u8]) -> (Vec<Said<String>>, String) {
        let mut heard = vec![];
        let ended = ask(folder, errand, file, |said| {
            heard.push(said);
            Ok(())
        });
        (heard, format!("{:?}", ended.unwrap()))
    }

    #[test]
    fn an_errand_is_done_where_the_store_is_open_and_its_results_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let hatch = open(folder.path());
        let mode = fs::metadata(&hatch.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let file = vec![7; 3_000_000];
        let (said, ended) = heard(folder.path(), &"import", &file);
        let result = Said::Result("import 3000000\n".to_owned());
        assert_eq!(said, [Said::Progress(1, 2), result]);
        assert_eq!(ended, "Some(Done)");
        let (said, ended) = heard(folder.path(), &"fail", b"");
        assert_eq!((said, ended.as_str()), (vec![], "Some(Failed(\"no\"))"));
    }

    #[test]
    fn what_is_no_errand_is_said_and_the_hatch_stays_open() {
        let folder = tempfile::tempdir().unwrap();
        let _hatch = open(folder.path());
        let (_, ended) = heard(folder.path(), &7, b"");
        assert_eq!(ended, "Some(Failed(\"what?\"))");
        drop(UnixStream::connect(folder.path().join(SOCKET)).unwrap());
        assert_eq!(heard(folder.path(), &"again", b"").1, "Some(Done)");
    }

    #[test]
    fn a_hatch_that_was_left_behind_is_taken_over_and_none_is_none() {
        let folder = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(folder.path().join(SOCKET)).unwrap());
        assert_eq!(heard(folder.path(), &"nobody", b"").1, "None");
        let hatch = open(folder.path());
        assert_eq!(heard(folder.path(), &"somebody", b"").1, "Some(Done)");
        drop(hatch);
        assert_eq!(heard(folder.path(), &"nobody", b"").1, "None");
        assert!(!folder.path().join(SOCKET).exists());
    }
}
