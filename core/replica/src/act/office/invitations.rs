//! Invitations: made for one new phone, listed, voided. Each carries a block of labels of its own.
//! What an invitation does when it is used is `sync::take`'s.

use std::net::Ipv6Addr;
use std::num::NonZeroU16;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::InvitationVoided;
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PersonId};
use doorstep_model::label::{BLOCK, LabelBlock, Region};
use doorstep_model::role::Role;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{Acting, Fingerprint, Tap};
use super::must_be_declared;
use super::people::{corrupt, know_persons, organisation_key};
use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::sync::office::Office;

/// Longest time in which an invitation can be used, hours.
pub const INVITE_HOURS_MAX: u32 = 168;

/// A phone's clock may be this far behind before its first contact, seconds: a grant holds from this
/// long before it was given.
const CLOCK_ROOM: i64 = 86_400;

/// What a new phone is invited to.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Invite {
    /// Where it will work.
    #[n(0)]
    pub area: AreaId,
    /// As what.
    #[n(1)]
    pub role: Role,
    /// Who acts with it: at least one, declared before.
    #[n(2)]
    pub persons: Vec<PersonId>,
    /// Hours in which the invitation can be used, usually 24.
    #[n(3)]
    pub hours: u32,
    /// Unix seconds: until when it may work.
    #[n(4)]
    pub work_until: i64,
    /// Addresses of the office, in the order to try them.
    #[n(5)]
    pub addresses: Vec<String>,
    /// SHA-256 of the office's transport key; only an office on loopback has none.
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub transport_key: Option<[u8; 32]>,
}

/// An invitation that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationLine {
    /// Its id.
    pub id: [u8; 16],
    /// Where.
    pub area: AreaId,
    /// As what.
    pub role: Role,
    /// Who.
    pub persons: Vec<PersonId>,
    /// Unix seconds: when it was made.
    pub made_at: i64,
    /// Unix seconds: until when it can be used.
    pub use_until: i64,
    /// The author that used it.
    pub used_by: Option<AuthorTag>,
    /// It was voided.
    pub voided: bool,
}

impl Office {
    /// Makes an invitation for one new phone: the text of its QR.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area or person; [`Error::Refused`] with `invite.persons`,
    /// `invite.hours`, `invite.over`, `invite.no_address`, `invite.plain_http` or `invite.no_key`.
    pub fn invite(&self, tap: &Tap, invite: Invite) -> Result<String> {
        let print = Fingerprint::of("invite").with(&invite);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), &invite.area)?;
            know_persons(acting.session.tx(), &invite.persons)?;
            if invite.hours == 0 || invite.hours > INVITE_HOURS_MAX {
                return Err(Error::Refused {
                    code: "invite.hours",
                    details: vec![("most", INVITE_HOURS_MAX.to_string())],
                });
            }
            let now = acting.session.now;
            let use_until = now + i64::from(invite.hours) * 3_600;
            if invite.work_until <= now {
                return Err(Error::refused("invite.over"));
            }
            reachable(&invite.addresses, invite.transport_key.is_some())?;
            let grant = Grant {
                id: acting.session.random16(),
                organisation: acting.session.organisation_id()?,
                author: None,
                area: invite.area,
                role: invite.role,
                persons: invite.persons,
                not_before: now - CLOCK_ROOM,
                expires: invite.work_until,
                labels: next_block(acting)?,
                use_until: Some(use_until),
                office: false,
            };
            remember(acting.session.tx(), &grant, now, use_until)?;
            let invitation = Invitation {
                organisation: acting.session.organisation()?,
                grant: grant.sign(&organisation_key(acting.session.tx())?),
                addresses: invite.addresses,
                transport_key: invite.transport_key,
                seal_to: Some(crate::bundle::offices_seal(acting.session.tx())?),
            };
            Ok(invitation.to_text())
        })
    }

    /// Voids an invitation that nobody has used. A used one is ended by [`Office::revoke`].
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown one; [`Error::Refused`] with `invite.used`.
    pub fn void_invitation(&self, tap: &Tap, id: [u8; 16]) -> Result<Identity> {
        let print = Fingerprint::of("void_invitation").with(id.as_slice());
        self.act(tap, &print, |acting| {
            let tx = acting.session.tx();
            let area: Option<String> = tx
                .prepare_cached("SELECT area FROM invitation WHERE id = ?1")?
                .query_row([id], |row| row.get(0))
                .optional()?;
            let area = area.and_then(|area| AreaId::new(&area).ok());
            let area = area.ok_or_else(|| Error::NotFound {
                what: "invitation",
                id: Identity::of_hash(id).to_string(),
            })?;
            let fresh = tx
                .prepare_cached(
                    "INSERT INTO invitation_use (id, author, at, voided) \
                     VALUES (?1, x'00000000', ?2, 1) ON CONFLICT DO NOTHING",
                )?
                .execute(params![id, acting.session.now])?;
            if fresh == 0 {
                return Err(Error::refused("invite.used"));
            }
            let organisation = AreaId::organisation();
            acting.put(
                &organisation,
                &DocumentName::Organisation,
                area.subject(),
                InvitationVoided { invitation: id },
            )
        })
    }

    /// The invitations that were given out, the newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn invitations(&self) -> Result<Vec<InvitationLine>> {
        let reader = self.replica().reader()?;
        let mut select = reader.prepare_cached(
            "SELECT i.id, i.area, i.role, i.persons, i.made_at, i.use_until, u.author, u.voided \
             FROM invitation i LEFT JOIN invitation_use u ON u.id = i.id \
             ORDER BY i.made_at DESC, i.id",
        )?;
        let mut rows = select.query([])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let voided = row.get::<_, Option<bool>>(7)?.unwrap_or(false);
            let area: String = row.get(1)?;
            let persons: Vec<u8> = row.get(3)?;
            lines.push(InvitationLine {
                id: row.get(0)?,
                area: AreaId::new(&area).map_err(corrupt)?,
                role: Role::from_code(row.get(2)?).unwrap_or(Role::Auditor),
                persons: minicbor::decode(&persons).map_err(corrupt)?,
                made_at: row.get(4)?,
                use_until: row.get(5)?,
                used_by: row
                    .get::<_, Option<[u8; 4]>>(6)?
                    .filter(|_| !voided)
                    .map(AuthorTag),
                voided,
            });
        }
        Ok(lines)
    }
}

/// Plain HTTP goes to this machine only; anything else is pinned to the office's key.
fn reachable(addresses: &[String], pinned: bool) -> Result<()> {
    if addresses.is_empty() {
        return Err(Error::refused("invite.no_address"));
    }
    for address in addresses {
        let (scheme, host) = host(address).ok_or(Error::refused("invite.no_address"))?;
        match scheme {
            "https" if pinned => {}
            "https" => return Err(Error::refused("invite.no_key")),
            "http" if ["127.0.0.1", "localhost", "[::1]"].contains(&host) => {}
            "http" => return Err(Error::refused("invite.plain_http")),
            _ => return Err(Error::refused("invite.no_address")),
        }
    }
    Ok(())
}

/// Scheme and host of `scheme://host` or `scheme://host:port`, and of nothing else: what a phone could
/// not call is no address.
fn host(address: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = address.trim_end_matches('/').split_once("://")?;
    let end = match authority.strip_prefix('[') {
        Some(_) => authority.find(']')? + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_host = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(literal) => literal.parse::<Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
        }
    };
    let is_port = match port.strip_prefix(':') {
        Some(digits) => digits.parse::<NonZeroU16>().is_ok() && !digits.starts_with('+'),
        None => port.is_empty(),
    };
    (is_host && is_port).then_some((scheme, host))
}

fn remember(tx: &Connection, grant: &Grant, now: i64, use_until: i64) -> Result<()> {
    let persons = minicbor::to_vec(&grant.persons).expect("a list of identities always encodes");
    tx.prepare_cached(
        "INSERT INTO invitation (id, area, role, persons, made_at, use_until, work_until) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        grant.id,
        grant.area.as_str(),
        grant.role.code(),
        persons,
        now,
        use_until,
        grant.expires,
    ])?;
    Ok(())
}

/// How many blocks of labels one office author gives out.
const BLOCKS_PER_OFFICE: u64 = 4_096;

/// The next block of labels. Each office author has a range of its own, so that an office that was put
/// back to an older state never gives one block twice; `None` when the range is used up.
fn next_block(acting: &mut Acting<'_, '_>) -> Result<Option<(u64, u32)>> {
    let author = acting.session.me()?.author;
    let door = &mut acting.session.door;
    let succession = door.directory.author(door.tx, author)?.succession;
    let succession = u64::try_from(succession).unwrap_or(0);
    let tx = acting.session.tx();
    let mut given = 0;
    if let Some(kept) = meta::get_array::<16>(tx, Key::LabelBlocks)? {
        let (of, count) = kept.split_at(8);
        if of == succession.to_be_bytes() {
            given = u64::from_be_bytes(count.try_into().unwrap_or_default());
        }
    }
    if given >= BLOCKS_PER_OFFICE {
        return Ok(None);
    }
    let index = succession * BLOCKS_PER_OFFICE + given;
    let kept = [succession.to_be_bytes(), (given + 1).to_be_bytes()].concat();
    meta::set(tx, Key::LabelBlocks, &kept)?;
    Ok(LabelBlock::nth(Region::Granted, index).map(|block| (block.start(), BLOCK as u32)))
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn what_a_phone_could_not_call_is_no_address() {
        for wrong in [
            "https://192.168.1.20:84433",
            "https://office:0",
            "https://office:",
            "https://office:+443",
            "https://",
            "https://office/sync",
            "https://a person@office",
            "https://[fe80::1%25eth0]:8443",
            "//office:8443",
        ] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
        for (right, its_host) in [
            ("https://office.example:8443/", "office.example"),
            ("https://[fe80::1]:8443", "[fe80::1]"),
            ("http://127.0.0.1", "127.0.0.1"),
        ] {
            let found = host(right).map(|(_, found)| found);
            assert_eq!(found, Some(its_host), "{right}");
        }
    }
}
