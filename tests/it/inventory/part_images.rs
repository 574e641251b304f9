//! Pictures of parts, and `/media/`.

use image::ImageFormat;
use poem::http::Method;
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{App, actors::Actor, both, multipart::picture};

const PARTS: &str = "/api/part/";
const REFUSED: &str = "Upload a valid image. The file you uploaded was either not an image or a corrupted image.";

async fn upload(app: &App, actor: &Actor, pk: i64, name: &str, bytes: &[u8]) -> crate::support::actors::Answer {
    actor.form(app, Method::PATCH, &format!("{PARTS}{pk}/"), &[], &[("image", name, bytes)]).await
}

both! {
    async fn a_picture_is_decoded_kept_under_a_name_of_ours_and_served_with_a_thumbnail(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        for (format, extension, kind) in [
            (ImageFormat::Png, "png", "image/png"),
            (ImageFormat::Jpeg, "jpg", "image/jpeg"),
            (ImageFormat::WebP, "webp", "image/webp"),
            (ImageFormat::Gif, "gif", "image/gif"),
        ] {
            let bytes = picture(300, 150, format);
            let answer = upload(&app, &root, pk, "../../<b>evil.html", &bytes).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let part = answer.json();
            let (image, thumbnail) = (part["image"].as_str().unwrap(), part["thumbnail"].as_str().unwrap());
            assert!(image.starts_with("/media/part_images/") && image.ends_with(&format!(".{extension}")), "{image}");
            assert!(!image.contains("evil") && image.matches('/').count() == 3, "{image}");
            let served = root.get(&app, image).await;
            assert_eq!((served.status.as_u16(), served.header("content-type")), (200, kind));
            assert_eq!(served.bytes, bytes);
            assert_eq!(served.header("x-content-type-options"), "nosniff");
            assert_eq!(served.header("content-security-policy"), "default-src 'none'; sandbox");
            let small = image::load_from_memory(&root.get(&app, thumbnail).await.bytes).unwrap();
            assert_eq!((small.width(), small.height()), (128, 64));
            let again = root.clone().with("If-None-Match", served.header("etag")).get(&app, image).await;
            assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
        }
        let part = root.patch(&app, &format!("{PARTS}{pk}/"), json!({ "image": null })).await.json();
        assert_eq!((&part["image"], &part["thumbnail"]), (&Value::Null, &json!("/static/img/blank_image.thumbnail.png")));
        assert_eq!(Actor::anonymous().get(&app, "/static/img/blank_image.thumbnail.png").await.status, 200);
    }

    async fn what_is_no_picture_is_refused_and_changes_nothing(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let mut cut = picture(64, 64, ImageFormat::Png);
        cut.truncate(cut.len() / 2);
        for bytes in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html><script>1</script>", b"GIF89a", b"BM", &cut] {
            let answer = upload(&app, &root, pk, "x.png", bytes).await;
            assert_eq!(answer.pair(), (400, json!({ "image": [REFUSED] })));
        }
        let no_file = json!({ "image": ["The submitted data was not a file. Check the encoding type on the form."] });
        for body in [json!({ "image": "/media/part_images/x.png" }), json!({ "image": { "name": "x", "content": "AA==" } }), json!({ "image": 1 })] {
            assert_eq!(root.patch(&app, &format!("{PARTS}{pk}/"), body).await.pair(), (400, no_file.clone()));
        }
        assert_eq!(root.get(&app, &format!("{PARTS}{pk}/")).await.json()["image"], Value::Null);
        // A file where text belongs is refused, too.
        let answer = root.form(&app, Method::PATCH, &format!("{PARTS}{pk}/"), &[], &[("name", "x", b"x")]).await;
        assert_eq!(answer.pair(), (400, json!({ "name": ["Not a valid string."] })));
    }

    async fn only_who_may_view_parts_gets_a_file(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let part = upload(&app, &root, pk, "x.png", &picture(2, 2, ImageFormat::Png)).await.json();
        let image = part["image"].as_str().unwrap();
        let answer = Actor::anonymous().get(&app, image).await;
        assert_eq!(answer.status, 401, "{}", answer.text);
        let nobody = app.by_token(&app.person("nobody").await).await;
        assert_eq!(nobody.get(&app, image).await.status, 403);
        let person = app.person("viewer").await;
        let group = app.group("viewers", &[(Role::Part, Rules { view: true, ..Rules::default() })]).await;
        app.join(&person, &[&group]).await;
        assert_eq!(app.by_token(&person).await.get(&app, image).await.status, 200);
        let client = app.application("client", "g:read r:view:part").await;
        assert_eq!(app.bearer(&client, &person, "g:read").await.get(&app, image).await.status, 403);
        assert_eq!(app.bearer(&client, &person, "r:view:part").await.get(&app, image).await.status, 200);
        for path in ["/media/part_images/../../test.sqlite", "/media/part_images/%2e%2e%2ftest.sqlite", "/media/part_images/x.png", "/media/", "/media/x"] {
            assert_eq!(root.get(&app, path).await.status, 404, "{path}");
        }
        assert_eq!(root.post(&app, image, json!({})).await.status, 405);
    }

    async fn a_picture_is_reused_by_its_name_if_a_part_has_it(app: App) {
        let root = app.root().await;
        let a = root.make(&app, PARTS, json!({ "name": "A" })).await;
        let part = upload(&app, &root, a, "x.png", &picture(2, 2, ImageFormat::Png)).await.json();
        let image = part["image"].as_str().unwrap().to_owned();
        let file = image.rsplit('/').next().unwrap();
        let answer = root.post(&app, PARTS, json!({ "name": "B", "existing_image": file })).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["image"]), (201, &json!(image)));
        let answer = root.post(&app, PARTS, json!({ "name": "C", "existing_image": "../../stockade.key" })).await;
        assert_eq!(answer.pair(), (400, json!({ "existing_image": ["Image file does not exist"] })));
        let answer = root.post(&app, PARTS, json!({ "name": "D", "duplicate": { "original": a, "copy_image": true } })).await;
        assert_eq!(answer.json()["image"], json!(image));
        let answer = root.post(&app, PARTS, json!({ "name": "E", "duplicate": { "original": a } })).await;
        assert_eq!(answer.json()["image"], Value::Null);
        assert_eq!(root.get(&app, &format!("{PARTS}thumbs/")).await.json(), json!([{ "image": image, "count": 3 }]));
        assert_eq!(root.get(&app, &format!("{PARTS}thumbs/?search=zzz&limit=5")).await.json()["count"], json!(0));
        assert_eq!(root.get(&app, &format!("{PARTS}thumbs/{a}/")).await.json(), json!({ "image": image }));
    }

    async fn a_thumbnail_of_one_part_is_set_by_a_file(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P" })).await;
        let url = format!("{PARTS}thumbs/{pk}/");
        let bytes = picture(3, 3, ImageFormat::Gif);
        let answer = root.form(&app, Method::PUT, &url, &[], &[("image", "x", &bytes)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(root.get(&app, &format!("{PARTS}{pk}/")).await.json()["image"], answer.json()["image"]);
        assert_eq!(root.put(&app, &url, json!({})).await.pair(), (400, json!({ "image": ["This field is required."] })));
        let answer = root.form(&app, Method::PATCH, &format!("{PARTS}thumbs/999/"), &[], &[("image", "x", &bytes)]).await;
        assert_eq!(answer.status, 404);
    }
}
