//! Single values of a replica, each under its own key. Whoever owns a value says here what it is.

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Result;

/// The values that a replica keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// The organisation's public key, 32 bytes.
    Organisation,
    /// The organisation's secret: in the folder of an office that may sign grants.
    OrganisationSecret,
    /// Secret of this replica's author, 32 bytes.
    OwnSecret,
    /// The host's installation marker.
    Marker,
    /// No counter up to this one is given again: 8 bytes.
    Counter,
    /// Operating system's boot, our boot id, anchor: 32 bytes.
    Boot,
    /// Present: the replica must go on as a new author before it writes again; the reason.
    MustSucceed,
    /// The last ticket of the office, 24 bytes.
    Ticket,
    /// Tag of the office author whose proof is held, 4 bytes.
    Office,
    /// Addresses and transport key of the office, as in the invitation.
    OfficeAddress,
    /// Secret for tickets and nonces: the office's.
    TicketSecret,
    /// Names the entries that a restart left out: shown to the person.
    LeftOut,
    /// Present: the office was restored and its list of authors is not confirmed yet.
    Unconfirmed,
    /// Unix seconds until which the clerk has confirmed the office's clock, 8 bytes.
    ClockConfirmed,
    /// Unix seconds: invitations signed before are void, 8 bytes.
    InvitationsVoidBefore,
    /// An area whose office states an epoch that does not continue ours: which office lives?
    ForeignEpoch,
    /// Version of the rows, 4 bytes: see `upgrade`.
    RowsVersion,
    /// Present while rows are computed anew: the last subject that was.
    RowsUpgrade,
    /// Number of the next label of the own block.
    NextLabel,
    /// Succession of the office author and how many blocks of labels it gave: 16 bytes.
    LabelBlocks,
    /// The office's key that files are sealed to: its secret.
    SealingSecret,
    /// What a phone seals its files for the office to.
    SealTo,
    /// Buildings to come first when a baseline is taken: a list of identities.
    PreferredBuildings,
}

impl Key {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::OrganisationSecret => "organisation_secret",
            Self::OwnSecret => "own_secret",
            Self::Marker => "marker",
            Self::Counter => "counter",
            Self::Boot => "boot",
            Self::MustSucceed => "must_succeed",
            Self::Ticket => "ticket",
            Self::Office => "office",
            Self::OfficeAddress => "office_address",
            Self::TicketSecret => "ticket_secret",
            Self::LeftOut => "left_out",
            Self::Unconfirmed => "unconfirmed",
            Self::ClockConfirmed => "clock_confirmed",
            Self::InvitationsVoidBefore => "invitations_void_before",
            Self::ForeignEpoch => "foreign_epoch",
            Self::RowsVersion => "rows_version",
            Self::RowsUpgrade => "rows_upgrade",
            Self::NextLabel => "next_label",
            Self::SealingSecret => "sealing_key",
            Self::SealTo => "seal_to",
            Self::PreferredBuildings => "preferred_buildings",
            Self::LabelBlocks => "label_blocks",
        }
    }
}

pub(crate) fn get(connection: &Connection, key: Key) -> Result<Option<Vec<u8>>> {
    Ok(connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key.name()], |row| row.get(0))
        .optional()?)
}

/// A value of known length; another length is as good as absent.
pub(crate) fn get_array<const N: usize>(
    connection: &Connection,
    key: Key,
) -> Result<Option<[u8; N]>> {
    Ok(get(connection, key)?.and_then(|value| value.try_into().ok()))
}

pub(crate) fn set(connection: &Connection, key: Key, value: &[u8]) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![key.name(), value])?;
    Ok(())
}

pub(crate) fn remove(connection: &Connection, key: Key) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM meta WHERE key = ?1")?
        .execute([key.name()])?;
    Ok(())
}
