//! `doorstep invite`: a new phone's way in.

use clap::Args;
use doorstep_model::ids::AreaId;
use doorstep_model::role::Role;
use doorstep_replica::act::office::Invite;
use serde::{Deserialize, Serialize};

use super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::bureau::{self, Bureau};

/// Prints an invitation: the text that a QR holds. It is good for one phone, within 24 hours of now,
/// and works without signal.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep invite --area 310101019005 --person 张三
  doorstep invite --area 310101019005 --person 张三 --address https://192.168.1.10:8443
  doorstep invite --area 310101019 --person 李四 --role clerk --days 365

Whoever holds the text can enrol: give it to nobody else. A second phone that uses it is held for
review and raises an alarm on the page. Addresses are tried in their order; without --address the
office's own are taken. People are known by name on the roster of this office only; --person with a
name that is there already means the same person, a roster number will do as well.")]
pub struct InviteArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// The area that the phone works in.
    #[arg(long, value_name = "CODE")]
    pub area: String,
    /// Who acts with the phone; several times for a shared phone.
    #[arg(long, value_name = "NAME", required = true)]
    pub person: Vec<String>,
    /// As what: volunteer, clerk, station, street, department, fire_body, auditor.
    #[arg(long, default_value = "volunteer")]
    #[serde(with = "role_name")]
    pub role: Role,
    /// How many days the phone may work before somebody has to renew it.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// Where phones reach the office, like https://192.168.1.10:8443; several in the order to try.
    #[arg(long, value_name = "URL")]
    pub address: Vec<String>,
}

/// How long an invitation can be used, hours.
const HOURS: u32 = 24;

/// An invitation that was given out.
#[derive(Debug, Serialize)]
struct Invited {
    invitation: String,
    area: String,
    role: &'static str,
    persons: Vec<Person>,
    addresses: Vec<String>,
    use_until: String,
    work_until: String,
}

/// Somebody on the roster.
#[derive(Debug, Serialize)]
struct Person {
    name: String,
    roster: String,
    known: bool,
}

impl Shown for Invited {
    // The text alone, so that a shell can hand it on.
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(&self.invitation);
    }
}

impl InviteArgs {
    /// Puts new people on the roster and prints an invitation for them.
    ///
    /// # Errors
    /// When the area is not declared, a name is none, an address cannot be dialled.
    pub fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let area = area_of(bureau, &self.area)?;
        let addresses = match self.address.is_empty() {
            true => bureau.addresses(),
            false => self.address.clone(),
        };
        let office = bureau.office();
        let now = office.replica().now();
        let mut persons = Vec::new();
        let mut people = Vec::new();
        for name in &self.person {
            let (named, known) = bureau.person(name, self.role)?;
            if !persons.contains(&named.person) {
                persons.push(named.person);
                people.push(Person {
                    name: named.name,
                    roster: named.roster,
                    known,
                });
            }
        }
        let work_until = now + i64::from(self.days) * 86_400;
        let invite = Invite {
            area: area.clone(),
            role: self.role,
            persons,
            hours: HOURS,
            work_until,
            addresses: addresses.clone(),
            transport_key: Some(bureau.key().spki_sha256()),
        };
        let invited = Invited {
            invitation: office.invite(&bureau::tap()?, invite)?,
            area: area.to_string(),
            role: self.role.name(),
            persons: people,
            addresses,
            use_until: moment(now + i64::from(HOURS) * 3_600),
            work_until: moment(work_until),
        };
        output.show(&invited)?;
        for person in &invited.persons {
            output.note(match person.known {
                true => format!(
                    "{name}（名册 {roster}，原来就在；同名的另一个人请写成不同的名字）· {name} (roster {roster}) was known; \
                     call another person of that name differently",
                    name = person.name,
                    roster = person.roster
                ),
                false => format!(
                    "{name}（名册 {roster}，新加）· {name} (roster {roster}) is new on the roster",
                    name = person.name,
                    roster = person.roster
                ),
            });
        }
        output.note(format!(
            "一部手机，{until} 前使用；手机会连 {addresses} · For one phone, to be used before {until}; it will try {addresses}",
            until = invited.use_until,
            addresses = invited.addresses.join(" ")
        ));
        Ok(())
    }
}

/// The declared area that somebody named by code, or by a name that only one area has.
///
/// # Errors
/// `area.unknown` with what to do.
pub(super) fn area_of(bureau: &Bureau, typed: &str) -> Result<AreaId, Failure> {
    let typed = typed.trim();
    let declared = bureau.office().replica().declared_areas()?;
    if let Some(area) = declared.iter().find(|area| area.code.as_str() == typed) {
        return Ok(area.code.clone());
    }
    let mut named = declared.iter().filter(|area| area.name == typed);
    if let (Some(area), None) = (named.next(), named.next()) {
        return Ok(area.code.clone());
    }
    Err(Failure::new(
        Exit::BadInput,
        "area.unknown",
        (
            format!("没有区域“{typed}”，也没有只叫这个名字的一个区域"),
            format!("no area has the code {typed:?}, and not exactly one has this name"),
        ),
        (
            "请写区域代码；还没有导入时先运行 doorstep import areas areas.csv。",
            "Write the area's code; when there are none yet, first run doorstep import areas areas.csv.",
        ),
    ))
}

/// Roles go through the hatch by their names.
mod role_name {
    use doorstep_model::role::Role;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(role.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
