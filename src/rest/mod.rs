//! The Django-REST idiom that `InvenTree`'s clients expect, once.
