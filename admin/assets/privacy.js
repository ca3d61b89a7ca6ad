// The token of a mailed link stands behind the #, which browsers do not send. It goes into the form.
document.querySelector("input[name=token]").value = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname);
