// Sends the form that leads back to an application. Without this script, its button does.
document.querySelector("form[data-submit]")?.submit();
