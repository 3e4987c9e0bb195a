//! Panics as values: what was said and where it points. For the tests of bad input.

use std::cell::RefCell;
use std::panic;
use std::sync::Once;

thread_local! {
    static SEEN: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Message and file of the panic of `f`, if it panics.
pub(crate) fn panic_in<R>(f: impl FnOnce() -> R) -> Result<R, (String, String)> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let message =
                text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default().to_string();
            let place = info.location().map(|l| l.file().to_string()).unwrap_or_default();
            let expected = SEEN.with(|seen| {
                let wanted = seen.borrow().is_some();
                if wanted {
                    *seen.borrow_mut() = Some((message, place));
                }
                wanted
            });
            if !expected {
                usual(info);
            }
        }));
    });
    SEEN.with(|seen| *seen.borrow_mut() = Some(Default::default()));
    let result = panic::catch_unwind(panic::AssertUnwindSafe(f));
    let seen = SEEN.with(|seen| seen.borrow_mut().take()).unwrap_or_default();
    result.map_err(|_| seen)
}
