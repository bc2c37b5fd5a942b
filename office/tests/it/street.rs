//! A folder with an office of a small street in it, and the program to work it and its phones with, as
//! a shell does. What must hold stands in the tests.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const AREAS: &str = "code,parent,level,name\n\
    310101019,,street,老西门街道\n\
    310101019005,310101019,committee,大兴居委会\n\
    310101019013,310101019,committee,大林居委会\n";

const PLACES: &str = "name,kind,named in\n蓬莱路303弄,estate,2013\n";

pub(crate) const ASSETS: &str = "area,building,place,type,label,factory,size,serviced\n\
    310101019005,1号楼,101室,extinguisher.dry_powder,ABCD235X,2024-03,2kg,\n\
    310101019005,1号楼,102室,干粉灭火器,ABCD236V,2024-03,2kg,\n\
    310101019005,1号楼,103室,extinguisher.dry_powder,ABCD237T,unreadable,2kg,\n";

/// A folder with an office and phones in it, and the program to work them with.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in [
            ("areas.csv", AREAS),
            ("places.csv", PLACES),
            ("bottles.csv", ASSETS),
        ] {
            fs::write(desk.path(name), text).unwrap();
        }
        desk
    }

    /// One with an office that has a street, its places and its bottles.
    pub(crate) fn with_office() -> Self {
        let desk = Self::new();
        desk.done("init --name 老西门街道");
        desk.done("import areas areas.csv");
        desk.done("import places places.csv --area 310101019005");
        desk.done("import assets bottles.csv");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command
            .current_dir(self.folder.path())
            .args(line.split(' '))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs a command that works, and gives what it printed.
    pub(crate) fn done(&self, line: &str) -> String {
        let ended = self.run(line);
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{line}: {errors}");
        String::from_utf8(ended.stdout).unwrap()
    }

    /// Runs a command that works, and gives its one result.
    pub(crate) fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.done(&format!("{line} --json"))).unwrap()
    }

    /// Runs a command that fails, and gives its exit code and its code.
    pub(crate) fn fails(&self, line: &str) -> (i32, String) {
        let ended = self.run(&format!("{line} --json"));
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        let failure: Value =
            serde_json::from_str(&errors).unwrap_or_else(|_| panic!("{line}: {errors}"));
        let error = &failure["error"];
        for (part, language) in [
            ("happened", "zh"),
            ("happened", "en"),
            ("next", "zh"),
            ("next", "en"),
        ] {
            assert!(
                !error[part][language].as_str().unwrap().is_empty(),
                "{line}"
            );
        }
        let exit = ended.status.code().unwrap();
        assert_eq!(error["exit"], exit, "{line}");
        (exit, error["code"].as_str().unwrap().to_owned())
    }

    pub(crate) fn serve(&self) -> Serving {
        self.serve_folder("doorstep-office")
    }

    pub(crate) fn serve_folder(&self, folder: &str) -> Serving {
        self.serve_with(&format!("--folder {folder}"))
    }

    /// Serves with these options.
    pub(crate) fn serve_with(&self, options: &str) -> Serving {
        let line = format!("serve {options} --listen 127.0.0.1:0 --page 127.0.0.1:0 --json");
        let mut child = self.command(&line).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        let address = |url: &Value| -> SocketAddr {
            let url = url.as_str().unwrap().trim_end_matches('/');
            url.split_once("://").unwrap().1.parse().unwrap()
        };
        Serving {
            page: address(&said["page"]),
            phones: address(&said["phones"][0]),
            child,
        }
    }

    pub(crate) fn enrol(&self, home: &str, person: &str, address: &str) {
        let invited = self.json(&format!(
            "invite --area 310101019005 --person {person} --address {address}"
        ));
        let text = invited["invitation"].as_str().unwrap();
        self.done(&format!("phone --home {home} enrol {text}"));
    }

    /// One thing after the other on a phone.
    pub(crate) fn taps(&self, home: &str, taps: &[&str]) {
        for tap in taps {
            self.done(&format!("phone --home {home} {tap}"));
        }
    }
}

/// An office that runs.
pub(crate) struct Serving {
    pub(crate) page: SocketAddr,
    pub(crate) phones: SocketAddr,
    child: Child,
}

impl Serving {
    /// The row of an area on the page, its tags left off.
    pub(crate) fn row(&self, area: &str) -> String {
        let page = crate::serve::get(self.page, "/?lang=en");
        let from = page.find(&format!("id=\"area-{area}\"")).unwrap();
        let row = &page[from..from + page[from..].find("</tr>").unwrap()];
        row.split('<')
            .filter_map(|tag| tag.split_once('>'))
            .map(|(_, text)| text)
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn number(&self, area: &str, label: &str) -> String {
        let page = crate::serve::get(self.page, "/?lang=en");
        let from = page.find(&format!("id=\"area-{area}\"")).unwrap();
        let cell = page[from..]
            .split(&format!("data-label=\"{label}\">"))
            .nth(1)
            .unwrap();
        let cell = cell.split("</td>").next().unwrap();
        cell.chars().filter(char::is_ascii_digit).collect()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
