//! `/accounts/` and the credentials of people.

mod api_token;
mod configured;
mod credential;
mod forms;
mod home;
mod login;
mod pages;
mod password;
mod second_factor;
mod sessions;
mod setup;
