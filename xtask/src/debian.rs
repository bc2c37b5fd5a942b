//! Folders with a newer Debian in them, for what this system's packages do not have: made once by
//! debootstrap, kept in the target folder, entered without a network. What is installed in one and what
//! is run in it is its caller's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::install;
use crate::run::{Done, Failed, fresh, root, say, target};

/// What entering a folder takes: the command for loopback.
const ENTERING: &[&str] = &["iproute2"];

/// Parts of packages that nobody reads in a folder. They are not unpacked.
const UNREAD: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
];

/// What a folder is made of, and for whom. Whoever runs something in it has one, as a static.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// The Debian in it. The folder is called the same.
    pub(crate) suite: &'static str,
    /// What is installed in it, beside what entering it takes.
    pub(crate) packages: &'static [&'static str],
    /// Paths of these packages that nothing here runs: not unpacked either.
    pub(crate) without: &'static [&'static str],
    /// Lines for apt's configuration in it.
    pub(crate) apt: &'static [&'static str],
    /// What one finds in it, in messages.
    pub(crate) holds: &'static str,
    /// What is done in it, as the beginning of a sentence.
    pub(crate) purpose: &'static str,
    /// The task of this command that does it.
    pub(crate) task: &'static str,
    /// Whether it is there, once somebody has asked: empty at first.
    pub(crate) made: OnceLock<Made>,
}

/// Enters the folder `$1`: its own mounts and processes, the paths up to `--` at the same places. Then
/// everything after it is run at `$2`.
const ENTER: &str = r#"
set -e
folder=$1; at=$2; shift 2
mount -t proc proc "$folder/proc"
mount --rbind /dev "$folder/dev"
mount -t tmpfs tmpfs "$folder/tmp"
while [ "$1" != -- ]; do
    mkdir -p "$folder$1"
    mount --bind "$1" "$folder$1"
    shift
done
shift
"#;

/// Loopback is all of the network that there is.
const LOOPBACK: &str = r#"chroot "$folder" /usr/sbin/ip link set lo up
"#;

const RUN: &str = r#"exec chroot "$folder" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$at" "$@"
"#;

/// The folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// Whether there is a folder.
#[derive(Debug, Clone)]
pub(crate) enum Made {
    /// It is here.
    Here(Folder),
    /// It cannot be made on this system: why, and what to do.
    Absent(String),
    /// It could be made, and something went wrong.
    Failed(String),
}

impl Made {
    /// The folder, for whoever can do nothing without it.
    pub(crate) fn or_failed(self) -> Result<Folder, Failed> {
        match self {
            Self::Here(folder) => Ok(folder),
            Self::Absent(why) | Self::Failed(why) => Err(Failed::new(why)),
        }
    }
}

impl Recipe {
    /// The folder, made if it is not here yet. Whoever asks meanwhile waits.
    pub(crate) fn folder(&self) -> Made {
        self.made.get_or_init(|| self.make()).clone()
    }

    fn make(&self) -> Made {
        let suite = self.suite;
        let folder = target().join("debian").join(suite);
        let finished = folder.with_extension("finished");
        let recipe = self.written();
        if std::fs::read_to_string(&finished).is_ok_and(|made| made == recipe) && may_enter() {
            return Made::Here(Folder(folder));
        }
        let mirror = match mirror() {
            Ok(mirror) => mirror,
            Err(why) => return Made::Absent(self.cannot(&why)),
        };
        say(&format!(
            "making a Debian {suite} folder with {} in {}",
            self.holds,
            folder.display()
        ));
        let filled = self.fill(&Folder(folder.clone()), &mirror);
        let written = filled.and_then(|()| {
            std::fs::write(&finished, recipe)
                .map_err(|error| Failed::new(format!("{}: {error}", finished.display())))
        });
        match written {
            Ok(()) => Made::Here(Folder(folder)),
            Err(Failed { message, .. }) => {
                Made::Failed(format!("{message}\nno folder with {}", self.holds))
            }
        }
    }

    /// The recipe as it stands beside a finished folder: after any other it is made anew.
    fn written(&self) -> String {
        let mut written = format!("{:?}\n{:?}\n", self.installed(), self.left_out());
        for line in self.apt {
            written += &format!("{line}\n");
        }
        written
    }

    fn installed(&self) -> Vec<&'static str> {
        self.packages.iter().chain(ENTERING).copied().collect()
    }

    fn left_out(&self) -> Vec<&'static str> {
        UNREAD.iter().chain(self.without).copied().collect()
    }

    /// Why there is no folder, and what to do.
    fn cannot(&self, why: &str) -> String {
        let Self { purpose, task, .. } = self;
        format!(
            "{purpose} in a Debian folder, which {why}. On Debian, as root:\n  \
             apt-get update && apt-get install -y --no-install-recommends debootstrap && \
             cargo xtask {task}"
        )
    }

    fn fill(&self, folder: &Folder, mirror: &str) -> Done {
        let path = &folder.0;
        let failed = |error: std::io::Error| Failed::new(format!("{}: {error}", path.display()));
        // Until it is whole again, it is not finished.
        let _ = std::fs::remove_file(path.with_extension("finished"));
        fresh(path)?;
        // What it mounts is gone with it, also when it is cut short.
        let mut debootstrap = Command::new("unshare");
        debootstrap.args(["--mount", "debootstrap", "--variant=minbase", self.suite]);
        debootstrap.arg(path).arg(mirror);
        quiet(&mut debootstrap)?;
        let mut rules = String::from("force-unsafe-io\n");
        for pattern in self.left_out() {
            rules += &format!("path-exclude {pattern}\n");
        }
        for (place, lines) in [
            ("etc/dpkg/dpkg.cfg.d", rules),
            ("etc/apt/apt.conf.d", self.apt.join("\n")),
        ] {
            let place = path.join(place);
            std::fs::create_dir_all(&place).map_err(failed)?;
            std::fs::write(place.join("doorstep"), lines).map_err(failed)?;
        }
        let top = Path::new("/");
        let apt = || {
            let mut apt = folder.enter(Network::All, top, &[], "apt-get");
            apt.env("DEBIAN_FRONTEND", "noninteractive");
            apt
        };
        quiet(apt().args(["update", "-qq"]))?;
        let mut install = apt();
        install.args(["install", "-y", "-qq", "--no-install-recommends"]);
        quiet(install.args(self.installed()))?;
        quiet(apt().arg("clean"))
    }
}

impl Folder {
    /// Where a path of the folder is for those who are not in it.
    pub(crate) fn outside(&self, path: &Path) -> PathBuf {
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Runs a program inside, in the folder `at`, without a network but loopback. The repository, the
    /// target folder and `more` are where they are outside; `/tmp` is empty, and gone afterwards.
    pub(crate) fn run(&self, at: &Path, more: &[&Path], program: &str) -> Command {
        self.enter(Network::Loopback, at, more, program)
    }

    /// A shell command line that does the same to the words that follow it.
    pub(crate) fn prefix(&self, at: &Path, more: &[&Path]) -> String {
        let entered = self.enter(Network::Loopback, at, more, "");
        let mut words = vec![quoted(entered.get_program())];
        words.extend(entered.get_args().map(quoted));
        // The program that is run is what follows.
        words.pop();
        words.join(" ")
    }

    fn enter(&self, network: Network, at: &Path, more: &[&Path], program: &str) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child"]);
        let script = match network {
            Network::Loopback => {
                command.arg("--net");
                format!("{ENTER}{LOOPBACK}{RUN}")
            }
            Network::All => format!("{ENTER}{RUN}"),
        };
        command.args(["/bin/sh", "-c"]).arg(script).arg("sh");
        command.arg(&self.0).arg(at);
        command.arg(root()).arg(target()).args(more).arg("--");
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", "/root").env("LANG", "C.UTF-8");
        command.env_remove("LD_LIBRARY_PATH").env_remove("TMPDIR");
        command.arg(program);
        command
    }
}

/// What can be reached from inside.
#[derive(Clone, Copy)]
enum Network {
    /// This machine: packages are installed.
    All,
    /// Nothing outside.
    Loopback,
}

fn quoted(word: &std::ffi::OsStr) -> String {
    format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))
}

/// Where this Debian takes its packages from, if a folder can be made here at all; or why it, the folder,
/// cannot be made.
fn mirror() -> Result<String, String> {
    let cannot = |why: &str| Err(why.to_owned());
    if !cfg!(target_os = "linux") {
        return cannot("this system cannot make");
    }
    if !install::is_root() {
        return cannot("only root can make");
    }
    if !may_enter() {
        return cannot("needs namespaces (unshare), which this machine does not allow");
    }
    if let Err(Failed { message, .. }) = install::debootstrap() {
        return cannot(&format!("needs debootstrap ({message})"));
    }
    let sources = ["sources.list.d/debian.sources", "sources.list"].map(|name| {
        let told = std::fs::read_to_string(Path::new("/etc/apt").join(name));
        told.ok().and_then(|told| debian_mirror(&told))
    });
    match sources.into_iter().flatten().next() {
        Some(mirror) => Ok(mirror),
        None => cannot("needs a mirror of Debian in /etc/apt"),
    }
}

/// Whether this process may make namespaces: in some containers not even root may.
fn may_enter() -> bool {
    let tried = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--net", "true"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// Reads `URIs: …` or `deb [options] …` of a Debian's own sources.
fn debian_mirror(sources: &str) -> Option<String> {
    let uri = sources.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        match words.next()? {
            "URIs:" => words.next(),
            "deb" => words.find(|word| word.contains("://")),
            _ => None,
        }
    })?;
    uri.trim_end_matches('/')
        .ends_with("/debian")
        .then(|| uri.to_owned())
}

/// Runs it; what it said is told only if it failed.
fn quiet(command: &mut Command) -> Done {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failed::new(format!("{name} does not start: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    let lines: Vec<&str> = told.lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Err(Failed::new(format!("{last}\n{name} failed")))
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::{Recipe, debian_mirror, quoted};

    fn recipe(apt: &'static [&'static str]) -> Recipe {
        Recipe {
            suite: "sid",
            packages: &["tea"],
            without: &["/usr/share/tea/*"],
            apt,
            holds: "tea",
            purpose: "Tea is made",
            task: "tea",
            made: OnceLock::new(),
        }
    }

    #[test]
    fn another_recipe_is_written_otherwise() {
        let plain = recipe(&[]).written();
        assert!(plain.starts_with("[\"tea\", ") && plain.contains("/usr/share/man/*"));
        assert!(plain.contains("/usr/share/tea/*"));
        let other = recipe(&["Acquire::Check-Valid-Until \"false\";"]).written();
        assert!(other.starts_with(&plain) && other != plain);
    }

    #[test]
    fn who_has_no_folder_is_told_which_task_to_start_again() {
        let told = recipe(&[]).cannot("only root can make");
        assert!(told.starts_with("Tea is made in a Debian folder, which only root can make."));
        assert!(told.ends_with("cargo xtask tea"));
    }

    #[test]
    fn a_mirror_is_read_from_both_kinds_of_sources() {
        let stanza = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n";
        assert_eq!(
            debian_mirror(stanza).as_deref(),
            Some("http://mirror.example/debian")
        );
        let line = "# old\ndeb [signed-by=/x] https://mirror.example/debian/ bookworm main\n";
        assert_eq!(
            debian_mirror(line).as_deref(),
            Some("https://mirror.example/debian/")
        );
        assert_eq!(
            debian_mirror("deb http://mirror.example/ubuntu x main"),
            None
        );
        assert_eq!(debian_mirror(""), None);
    }

    #[test]
    fn a_word_of_a_shell_stays_one_word() {
        assert_eq!(quoted("it's $HOME".as_ref()), r"'it'\''s $HOME'");
    }
}
