//! What a simulator needs and no app may have: entries written as given, grants signed at will, a look
//! into the store. Built only with the feature `testing`; no rule of the domain is checked here.

use doorstep_model::bundle::Bundle;
use doorstep_model::document::DocumentName;
use doorstep_model::entry::Entry;
use doorstep_model::grant::{Grant, Invitation};
use doorstep_model::ids::{AreaId, Identity};
use doorstep_model::keys::KeyPair;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::project;
use crate::replica::{Replica, Session};
use crate::seal;
use crate::store::ROW_TABLES;
use crate::sync::office::Office;

/// What an entry of a simulator is about.
#[derive(Debug, Clone, Copy)]
pub enum About {
    /// Something that is there already, in this document.
    Known(DocumentName, Identity),
    /// The entry makes its subject, which lives in this document.
    New(DocumentName),
    /// The entry makes a building or a case, which has a document of its own.
    NewDocument(fn(Identity) -> DocumentName),
}

/// A file with this content for this office, as a phone would hand it in; always the same bytes.
///
/// # Errors
/// [`Error::Store`].
pub fn sealed_for(office: &Office, bundle: &Bundle) -> Result<Vec<u8>> {
    let mut rng = ChaCha20Rng::from_seed([0; 32]);
    crate::bundle::seal_to(&office.seal_to()?, bundle, &mut rng)
}

fn put(session: &mut Session<'_>, area: &AreaId, about: About, entry: &Entry) -> Result<Identity> {
    match about {
        About::Known(name, subject) => session.put(area, &name, subject, entry),
        About::New(name) => session.put_new(area, |_| name, entry),
        About::NewDocument(name) => session.put_new(area, name, entry),
    }
}

impl Replica {
    /// Writes one entry as it is.
    ///
    /// # Errors
    /// The store's; [`Error::NotEnrolled`].
    pub fn put_as_given(&self, area: &AreaId, about: About, entry: &Entry) -> Result<Identity> {
        self.write(|session| put(session, area, about, entry))
    }

    /// Seals what is pending, as when the app goes to the background.
    ///
    /// # Errors
    /// The store's.
    pub fn seal_now(&self) -> Result<()> {
        self.write(|session| seal::seal(session).map(drop))
    }

    /// As [`Replica::seal_now`]; `mark` is called before and after the seal itself, inside the
    /// transaction, so that a benchmark can leave the commit out.
    ///
    /// # Errors
    /// The store's.
    pub fn seal_between(&self, mut mark: impl FnMut()) -> Result<()> {
        self.write(|session| {
            mark();
            seal::seal(session)?;
            mark();
            Ok(())
        })
    }

    /// Looks into the store.
    pub fn inspect<T>(&self, look: impl FnOnce(&Connection) -> T) -> T {
        look(&self.store.reader())
    }

    /// The sums of the rows of an area, table by table.
    ///
    /// # Errors
    /// The store's.
    pub fn sums(&self, area: &AreaId) -> Result<Vec<project::TableSum>> {
        project::checksums(&self.store.reader(), area)
    }

    /// The sums of areas as they are when all rows are computed again. Changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub fn sums_rebuilt(&self, areas: &[AreaId]) -> Result<Vec<Vec<project::TableSum>>> {
        self.write(|session| {
            let tx = session.door.tx;
            tx.execute_batch("SAVEPOINT rebuilt")?;
            for table in ROW_TABLES {
                tx.execute(&format!("DELETE FROM {table}"), [])?;
            }
            project::fill(tx, session.door.directory, session.door.packs)?;
            let sums = areas.iter().map(|area| project::checksums(tx, area));
            let sums = sums.collect::<Result<_>>()?;
            tx.execute_batch("ROLLBACK TO rebuilt; RELEASE rebuilt")?;
            session.door.directory.clear();
            session.door.packs.forget();
            Ok(sums)
        })
    }
}

impl Office {
    /// Writes one entry of the office as it is, and publishes it.
    ///
    /// # Errors
    /// The store's.
    pub fn put_as_given(&self, area: &AreaId, about: About, entry: &Entry) -> Result<Identity> {
        self.write(|session| put(session, area, about, entry))
    }

    /// Signs a grant and makes the text of an invitation of it.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] where there is no office.
    pub fn sign_invitation(&self, grant: &Grant) -> Result<String> {
        let organisation = self.organisation_key()?;
        let invitation = Invitation {
            organisation: organisation.public(),
            grant: grant.sign(&organisation),
            addresses: Vec::new(),
            transport_key: None,
            seal_to: None,
        };
        Ok(invitation.to_text())
    }

    /// The organisation's key: whoever signs with it is believed.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] where there is no office.
    pub fn organisation_key(&self) -> Result<KeyPair> {
        let secret =
            meta::get_array::<32>(&self.replica().store.reader(), Key::OrganisationSecret)?
                .ok_or(Error::NotEnrolled)?;
        Ok(KeyPair::from_secret(&secret))
    }
}
