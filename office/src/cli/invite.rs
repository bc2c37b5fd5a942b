//! `doorstep invite`: a new phone's way in.

use clap::Args;
use doorstep_model::role::Role;

use super::OfficeFolder;

/// Prints an invitation: the text that a QR holds. It is good for one phone, within 24 hours of now,
/// and works without signal.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep invite --area 310101019005 --person 张三
  doorstep invite --area 310101019005 --person 张三 --address https://192.168.1.10:8443
  doorstep invite --area 310101019 --person 李四 --role clerk --days 365

Whoever holds the text can enrol: give it to nobody else. A second phone that uses it is held for
review and raises an alarm on the page. Addresses are tried in their order; without --address the
office's own are taken.")]
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
    pub role: Role,
    /// How many days the phone may work before somebody has to renew it.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,
    /// Where phones reach the office, like https://192.168.1.10:8443; several in the order to try.
    #[arg(long, value_name = "URL")]
    pub address: Vec<String>,
}
