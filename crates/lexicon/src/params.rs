//! From query strings to parameters. Which parameters a method has, its generated type says.

use syntax::{
    AtIdentifier, AtUri, Cid, Datetime, Did, Handle, Language, Nsid, RecordKey, Tid, Uri,
};

use crate::fault::{At, Fault, Invalid, ValueType};
use crate::method::Check;

/// The parameters of a request, as the query string has them.
#[derive(Debug, Clone, Default)]
pub struct Query<'a>(Vec<(&'a str, &'a str)>);

/// Types that hold all parameters of a method.
pub trait FromQuery: Check + Sized {
    /// Reads the parameters by name and type, and puts defaults for those that are absent.
    ///
    /// # Errors
    ///
    /// [`Invalid`] with the first fault.
    fn read(query: &Query<'_>) -> Result<Self, Invalid>;

    /// Reads and checks the parameters. Those that the method does not know are ignored.
    ///
    /// # Errors
    ///
    /// [`Invalid`] with the first fault, whose path is the parameter's name.
    fn from_query(query: &Query<'_>) -> Result<Self, Invalid> {
        let params = Self::read(query)?;
        params.check(&At::TOP)?;
        Ok(params)
    }
}

impl FromQuery for () {
    fn read(_: &Query<'_>) -> Result<Self, Invalid> {
        Ok(())
    }
}

impl<'a> Query<'a> {
    /// Takes the names and values of a query string, whose percent signs are decoded already.
    ///
    /// An empty value is as good as none.
    pub fn new(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Returns the value of a parameter that may be there once.
    pub(crate) fn optional<T: Parameter>(&self, name: &str) -> Result<Option<T>, Invalid> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                T::parse(value).map(Some).map_err(|fault| At::TOP.key(name).invalid(fault))
            }
            (Some(_), Some(_)) => Err(At::TOP.key(name).invalid(Fault::Repeated)),
        }
    }

    /// Returns the value of a parameter that has to be there once.
    pub(crate) fn required<T: Parameter>(&self, name: &str) -> Result<T, Invalid> {
        self.optional(name)?.ok_or_else(|| At::TOP.key(name).invalid(Fault::Missing))
    }

    /// Returns the values of a parameter that may be there any number of times.
    pub(crate) fn optional_list<T: Parameter>(&self, name: &str) -> Result<Vec<T>, Invalid> {
        let values = self.values(name).enumerate();
        values
            .map(|(index, value)| {
                T::parse(value).map_err(|fault| At::TOP.key(name).index(index).invalid(fault))
            })
            .collect()
    }

    /// Returns the values of a parameter that has to be there, any number of times.
    pub(crate) fn required_list<T: Parameter>(&self, name: &str) -> Result<Vec<T>, Invalid> {
        match self.optional_list(name)? {
            list if list.is_empty() => Err(At::TOP.key(name).invalid(Fault::Missing)),
            list => Ok(list),
        }
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// Types that one parameter may have.
pub(crate) trait Parameter: Sized {
    fn parse(text: &str) -> Result<Self, Fault>;
}

impl Parameter for bool {
    fn parse(text: &str) -> Result<Self, Fault> {
        text.parse().map_err(|_| Fault::Type(ValueType::Boolean))
    }
}

impl Parameter for i64 {
    fn parse(text: &str) -> Result<Self, Fault> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let value = text.parse().ok().filter(|_| !digits.starts_with('+'));
        value.ok_or(Fault::Type(ValueType::Integer))
    }
}

impl Parameter for String {
    fn parse(text: &str) -> Result<Self, Fault> {
        Ok(text.to_owned())
    }
}

macro_rules! parameter {
    ($($name:ident)+) => {
        $(impl Parameter for $name {
            fn parse(text: &str) -> Result<Self, Fault> {
                Self::parse(text).map_err(|err| Fault::Format(err.into()))
            }
        })+
    };
}

parameter!(AtIdentifier AtUri Cid Datetime Did Handle Language Nsid RecordKey Tid Uri);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::com::atproto::admin::get_invite_codes;
    use crate::com::atproto::repo::list_records::Params;
    use crate::com::atproto::server::{get_account_invite_codes, get_service_auth};
    use crate::com::atproto::sync::{get_blocks, list_blobs, subscribe_repos};

    const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";

    /// Reads a query string that has nothing to decode.
    fn read<T: FromQuery>(query: &str) -> Result<T, String> {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        T::from_query(&Query::new(pairs)).map_err(|err| err.to_string())
    }

    #[test]
    fn parameters_have_types_and_defaults() {
        let params: Params =
            read("repo=Alice.test&collection=a.b.c&limit=100&reverse=true").unwrap();
        assert_eq!(params.repo.as_str(), "alice.test");
        assert_eq!((params.limit, params.reverse, params.cursor), (100, Some(true), None));
        let params: Params = read("repo=did:plc:abc&collection=a.b.c").unwrap();
        assert_eq!((params.limit, params.reverse), (50, None));

        let params: get_invite_codes::Params = read("").unwrap();
        assert_eq!((params.sort.as_str(), params.limit), ("recent", 100));
        let params: get_account_invite_codes::Params = read("includeUsed=false").unwrap();
        assert_eq!((params.include_used, params.create_available), (false, true));
        let params: subscribe_repos::Params = read("cursor=-1").unwrap();
        assert_eq!(params.cursor, Some(-1));
    }

    #[test]
    fn empty_and_unknown_parameters_are_ignored() {
        let params: list_blobs::Params = read("did=did:plc:abc&since=&limit=&x=1&x=2").unwrap();
        assert_eq!((params.since, params.limit), (None, 500));
    }

    #[test]
    fn a_list_is_a_parameter_that_is_repeated() {
        for count in 1..4 {
            let query = format!("did=did:plc:abc{}", format!("&cids={CID}").repeat(count));
            let params: get_blocks::Params = read(&query).unwrap();
            assert_eq!(params.cids, vec![Cid::parse(CID).unwrap(); count]);
        }
    }

    #[test]
    fn each_fault_names_its_parameter() {
        let list_records = [
            ("collection=a.b.c", "/repo is missing"),
            ("repo=&collection=a.b.c", "/repo is missing"),
            ("repo=alice&collection=a.b.c", "/repo is not well formed: handle has no dot"),
            ("repo=a.test&repo=b.test&collection=a.b.c", "/repo is given more than once"),
            ("repo=a.test&collection=a.b.c&limit=0", "/limit is below 1"),
            ("repo=a.test&collection=a.b.c&limit=101", "/limit is above 100"),
            ("repo=a.test&collection=a.b.c&limit=+5", "/limit is not an integer"),
            ("repo=a.test&collection=a.b.c&limit=5.0", "/limit is not an integer"),
            ("repo=a.test&collection=a.b.c&limit=99999999999999999999", "/limit is not an integer"),
            ("repo=a.test&collection=a.b.c&reverse=1", "/reverse is not a boolean"),
            ("repo=a.test&collection=a.b.c&reverse=True", "/reverse is not a boolean"),
        ];
        for (query, sentence) in list_records {
            assert_eq!(read::<Params>(query).unwrap_err(), sentence, "{query}");
        }
        let missing = read::<get_blocks::Params>("did=did:plc:abc").unwrap_err();
        assert_eq!(missing, "/cids is missing");
        let query = format!("did=did:plc:abc&cids={CID}&cids=bafy");
        let malformed = read::<get_blocks::Params>(&query).unwrap_err();
        assert!(malformed.starts_with("/cids/1 is not well formed: "), "{malformed}");
        let long = read::<get_service_auth::Params>(&format!("aud={}", "x".repeat(2049)));
        assert_eq!(long.unwrap_err(), "/aud has more than 2048 bytes");
    }
}
