//! Who may say what, as far as rows follow it: the office writes plans, desks and the organisation;
//! everybody writes what they saw. Legal steps of cases are the model's.

use doorstep_model::entry::Body;

use crate::directory::Author;

/// Rows may follow this entry of this author. One that they may not is stored, forwarded and shown as
/// an oddity.
pub(super) fn may_say(author: &Author, body: &Body) -> bool {
    match body {
        Body::RoundPlanned(_)
        | Body::RoundTargets(_)
        | Body::RoundClosed(_)
        | Body::MonthClosed(_)
        | Body::Horizon(_)
        | Body::Carry(_)
        | Body::Campaign(_)
        | Body::ReportedFigure(_)
        | Body::Verdict(_)
        | Body::Dated(_)
        | Body::BatchUndone(_)
        | Body::BatchRow(_)
        | Body::AreaDeclared(_)
        | Body::PersonDeclared(_)
        | Body::PackAdopted(_)
        | Body::AuthorRevoked(_)
        | Body::AuthorSucceeded(_)
        | Body::TransportKey(_)
        | Body::InvitationVoided(_) => author.office,
        Body::Decision(_) | Body::SameAs(_) => author.office || author.role.is_office(),
        _ => true,
    }
}
