//! Forms with files, as clients send them.

use poem::http::Method;

use super::{
    App,
    actors::{Actor, Answer},
};

/// A file of a form: its field, the name that its sender gives it, and its content.
pub(crate) type File<'a> = (&'a str, &'a str, &'a [u8]);

impl Actor {
    /// Sends a multipart form.
    pub(crate) async fn form(
        &self,
        app: &App,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
        files: &[File<'_>],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        for (name, file, bytes) in files {
            let head = format!(
                "--XX\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        self.send(app, method, path, Some(("multipart/form-data; boundary=XX", body))).await
    }
}

/// A picture of one colour.
pub(crate) fn picture(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(width, height).write_to(&mut out, format).unwrap();
    out.into_inner()
}
