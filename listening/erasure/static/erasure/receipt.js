// The QR code of a card carries its code behind the #, which browsers send to nobody: put it into the form. Without scripts
// it is typed.
const field = document.getElementById("code");
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
