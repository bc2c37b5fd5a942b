//! What a story needs around it: an office of its own that serves over TLS, a link that cuts in front of
//! it, a stranger who has another key, a small disk.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use doorstep_office::demo::{CuttingProxy, Weather};
use serde::Serialize;
use serde_json::Value;

use crate::lane::Telling;
use crate::script::Script;

const AREAS: &str = "code,parent,level,name\n\
    310101019,,street,老西门街道\n\
    310101019005,310101019,committee,大兴居委会\n";

/// The size of the small disk, bytes: room for a database, and little more.
const SMALL: u64 = 4 * 1024 * 1024;

/// Bytes that no handshake does without.
const HANDSHAKE: u64 = 500;

/// A lane's own world, gone when it is dropped.
pub(crate) struct Stage {
    /// What the lane is told.
    pub(crate) scene: Scene,
    /// The same in a file.
    pub(crate) file: PathBuf,
    link: CuttingProxy,
    _office: Serving,
    _stranger: Serving,
    _small_disk: Option<SmallDisk>,
    _folder: Option<tempfile::TempDir>,
}

/// What a lane is told: what to do, and where.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Scene {
    /// What to do.
    pub(crate) script: Script,
    /// A folder for the lane's phones.
    pub(crate) folder: PathBuf,
    /// Invitations of two phones of different persons.
    pub(crate) invitations: [String; 2],
    /// Keys of the databases, in hex: the right one and a wrong one. Absent where the library does not
    /// encrypt.
    pub(crate) keys: Option<[String; 2]>,
    /// Where somebody with another key answers.
    pub(crate) stranger: String,
    /// A photo.
    pub(crate) photo: PathBuf,
    /// A folder on a disk that is soon full, where one can be made.
    pub(crate) small_disk: Option<PathBuf>,
}

impl Stage {
    /// Makes the office and everything else.
    pub(crate) fn set(telling: &Telling<'_>, lane: &str) -> Result<Self, String> {
        let script = telling.script;
        let (folder, held) = match telling.keep {
            Some(keep) => (keep.join(lane), None),
            None => {
                let held = tempfile::tempdir().map_err(|error| error.to_string())?;
                (held.path().to_owned(), Some(held))
            }
        };
        fs::create_dir_all(folder.join("phones")).map_err(|error| error.to_string())?;
        let desk = Desk {
            program: telling.office,
            folder: &folder,
        };
        desk.write("areas.csv", AREAS)?;
        desk.write("assets.csv", &assets(script))?;
        desk.run("init --name 老西门街道")?;
        desk.run("import areas areas.csv")?;
        desk.run("import assets assets.csv")?;
        desk.run("init --name 别处 --folder stranger")?;
        let office = desk.serve("doorstep-office")?;
        let stranger = desk.serve("stranger")?;
        let weather = if telling.clear {
            Weather::clear()
        } else {
            weather(script.seed)
        };
        let link =
            CuttingProxy::start(office.phones, weather).map_err(|error| error.to_string())?;
        let address = format!("https://{}", link.address());
        let photo = folder.join("gauge.jpg");
        fs::write(&photo, b"a photo of a gauge").map_err(|error| error.to_string())?;
        let small_disk = SmallDisk::make(&folder.join("small"));
        let encrypts = cfg!(feature = "sqlcipher");
        let scene = Scene {
            script: script.clone(),
            invitations: [
                desk.invite("张三", &address)?,
                desk.invite("李四", &address)?,
            ],
            keys: encrypts.then(|| ["4b".repeat(32), "57".repeat(32)]),
            stranger: format!("https://{}", stranger.phones),
            photo,
            small_disk: small_disk.as_ref().map(|disk| disk.0.clone()),
            folder: folder.join("phones"),
        };
        let file = folder.join("scene.json");
        let text = serde_json::to_string(&scene).map_err(|error| error.to_string())?;
        fs::write(&file, text).map_err(|error| error.to_string())?;
        Ok(Self {
            scene,
            file,
            link,
            _office: office,
            _stranger: stranger,
            _small_disk: small_disk,
            _folder: held,
        })
    }

    /// The link did cut.
    pub(crate) fn ended_well(self) -> Result<(), String> {
        if self.link.tally().cut == 0 {
            return Err("the link did not cut once: the story proved little".to_owned());
        }
        Ok(())
    }
}

/// A stairwell's weather that cuts the first connection in its handshake, whatever the seed.
fn weather(seed: u64) -> Weather {
    let mut weather = Weather::stairwell(seed);
    while weather
        .fate(0)
        .cut_after
        .is_none_or(|after| after > HANDSHAKE)
    {
        weather.seed = weather.seed.wrapping_add(1);
    }
    weather
}

/// The bottles of the building, as an office imports them.
fn assets(script: &Script) -> String {
    let mut csv = "area,building,place,type,label,factory,size,serviced\n".to_owned();
    for door in &script.doors {
        csv += &format!(
            "{},{},{},extinguisher.dry_powder,{},{},2kg,\n",
            script.area, script.building, door.name, door.label, door.factory
        );
    }
    csv
}

/// A folder in which the office's commands are run.
struct Desk<'a> {
    program: &'a Path,
    folder: &'a Path,
}

impl Desk<'_> {
    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(self.program);
        command
            .current_dir(self.folder)
            .args(line.split(' '))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Result<String, String> {
        let output = self
            .command(line)
            .output()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let told = String::from_utf8_lossy(&output.stderr);
        Err(format!("doorstep {line}: {told}"))
    }

    fn invite(&self, person: &str, address: &str) -> Result<String, String> {
        let line = format!("invite --area 310101019005 --person {person} --address {address}");
        Ok(self.run(&line)?.trim().to_owned())
    }

    fn serve(&self, folder: &str) -> Result<Serving, String> {
        let line =
            format!("serve --folder {folder} --listen 127.0.0.1:0 --page 127.0.0.1:0 --json");
        let child = self.command(&line).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("doorstep {line}: {error}"))?;
        let mut said = String::new();
        if let Some(output) = child.stdout.take() {
            // One line; what follows is nobody's.
            let read = BufReader::new(output).read_line(&mut said);
            read.map_err(|error| format!("doorstep {line}: {error}"))?;
        }
        let said: Value =
            serde_json::from_str(&said).map_err(|error| format!("doorstep {line}: {error}"))?;
        let url = said["phones"][0].as_str().unwrap_or_default();
        let address = url.trim_end_matches('/').split_once("://");
        let phones = address
            .and_then(|(_, address)| address.parse().ok())
            .ok_or_else(|| format!("doorstep {line} listens at {url:?}"))?;
        Ok(Serving { phones, child })
    }
}

/// An office that runs, until it is dropped.
struct Serving {
    phones: SocketAddr,
    child: Child,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mounted disk of a few megabytes, unmounted when it is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Makes one where this program may mount.
    fn make(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={SMALL}"), "tmpfs"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
