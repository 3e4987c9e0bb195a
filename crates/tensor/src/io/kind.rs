//! Files that are not what their names say, told by their first bytes.

/// How a pointer of git-LFS begins.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";
/// How pages of HTML begin, in any case, behind blanks.
const PAGES: [&[u8]; 3] = [b"<!doctype html", b"<html", b"<head"];
/// Bytes that are enough to tell.
#[cfg(feature = "safetensors")]
pub(super) const BEGINNING: usize = 512;

/// What a file is, by its first bytes, if it is none of data: empty, a pointer of git-LFS, a page of HTML. The words say what is to be
/// done. Readers ask it of a file that they cannot read.
pub fn other_kind(start: &[u8]) -> Option<&'static str> {
    if start.is_empty() {
        return Some("the file is empty");
    }
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if let Some(what) = pointer(start) {
        return Some(what);
    }
    let is = |page: &[u8]| start.get(..page.len()).is_some_and(|start| start.eq_ignore_ascii_case(page));
    PAGES.into_iter().any(is).then_some(
        "it is an HTML page, which a server sends in the place of a file that it does not give; download the file itself",
    )
}

/// The same for a pointer of git-LFS alone.
pub(super) fn pointer(start: &[u8]) -> Option<&'static str> {
    let words = "it is a git-LFS pointer, not the file itself; fetch the file with `git lfs pull`";
    start.starts_with(POINTER).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_pointers_and_nothing() {
        assert_eq!(other_kind(b""), Some("the file is empty"));
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert!(other_kind(pointer).unwrap().contains("git lfs pull"));
        for page in
            ["<!DOCTYPE html>\n<html>", "\r\n  <HTML lang=\"en\">", "\u{feff}<!doctype HTML", "<head>"]
        {
            assert!(other_kind(page.as_bytes()).unwrap().starts_with("it is an HTML page"), "{page}");
        }
        for data in
            [&b"\x93NUMPY"[..], b"PK\x03\x04", b"a,b\n1,2\n", b"version 2\n", b"<", b" ", b"html", b"<h1"]
        {
            assert_eq!(other_kind(data), None);
        }
    }
}
