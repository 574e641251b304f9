//! The resource server's half: from a request to a principal, and the decision "role AND scope".
