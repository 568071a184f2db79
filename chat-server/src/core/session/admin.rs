//! What administrators ask of the server, and how the first becomes one.

use chat_proto::{Nick, Secret, message::ErrorCode};

use super::{Asked, Context, Effect, Effects, Here, Session, account::no_account, reply};
use crate::core::Refusal;

impl Session {
    pub(super) fn administer(
        &mut self,
        here: Here,
        words: Secret,
        cx: Context<'_>,
        out: &mut Effects,
    ) {
        let wanted = match claimed(&words) {
            Some(token) => self.claim(here, token, cx),
            None => order(here, words, cx),
        };
        match wanted {
            Ok(effect) => {
                self.asked.push_back(Asked::Read);
                out.push_back(effect);
            }
            Err(refusal) => reply(out, Err(refusal)),
        }
    }

    fn claim(&self, here: Here, token: Secret, cx: Context<'_>) -> Result<Effect, Refusal> {
        self.may_tell(cx)?;
        let nick = account(here, cx).ok_or_else(no_account)?;
        Ok(Effect::Claim { nick, token })
    }
}

fn order(here: Here, words: Secret, cx: Context<'_>) -> Result<Effect, Refusal> {
    let by = account(here, cx).filter(|_| cx.state.is_admin(here.member));
    let refused = || {
        let text = "only an administrator of the server may do that";
        Refusal::new(ErrorCode::NotAllowed, text)
    };
    Ok(Effect::Administer { by: by.ok_or_else(refused)?, words })
}

fn account(here: Here, cx: Context<'_>) -> Option<Nick> {
    cx.state.account(here.member).map(|account| account.nick.nick.clone())
}

/// The token behind `claim`.
fn claimed(words: &Secret) -> Option<Secret> {
    let (command, token) = words.expose().trim().split_once(char::is_whitespace)?;
    (command == "claim").then(|| Secret::new(token.trim()))
}
