//! argon2id with the parameters that OWASP recommends.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc,
};

use crate::core::{Password, PasswordHash};

/// KiB of memory, rounds and lanes: OWASP Password Storage Cheat Sheet, argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// None when the system gives no random bytes or no memory.
pub(super) fn hash(password: &Password) -> Option<PasswordHash> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).ok()?;
    let hashed = argon2()?.hash_password_with_salt(password.bytes(), &salt).ok()?;
    Some(PasswordHash(hashed.to_string().into()))
}

/// Whether it is the password; without a hash it is none, and that takes as long.
pub(super) fn verify(hash: Option<&PasswordHash>, password: &Password) -> bool {
    let Some(kept) = hash else {
        drop(std::hint::black_box(self::hash(password)));
        return false;
    };
    let (Ok(kept), Some(argon2)) = (phc::PasswordHash::new(&kept.0), argon2()) else {
        return false;
    };
    argon2.verify_password(password.bytes(), &kept).is_ok()
}

fn argon2() -> Option<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, ROUNDS, LANES, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use chat_proto::Secret;

    use super::*;

    fn password(words: &str) -> Password {
        Password::new(&Secret::new(words)).unwrap()
    }

    #[test]
    fn a_hash_says_how_it_was_made_and_knows_its_password() {
        let kept = hash(&password("tea for two")).unwrap();
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert_ne!(hash(&password("tea for two")).unwrap(), kept, "salted");
        assert!(verify(Some(&kept), &password("tea for two")));
        assert!(!verify(Some(&kept), &password("tea for 200")));
        assert!(!verify(None, &password("tea for two")));
        assert!(!verify(Some(&PasswordHash("".into())), &password("tea for two")));
    }
}
