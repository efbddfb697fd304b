//! Signing in, signing up, a forgotten password, the way back to an application, and what goes wrong.

texts! {
    continue_to<app>: "to continue to {app}" | "pour continuer vers {app}",
    identifier: "Handle or e-mail address" | "Nom d’utilisateur ou adresse e-mail",
    identifier_hint: "Such as alice.example.com" | "Par exemple alice.example.com",
    remember: "Keep me signed in on this device" | "Rester connecté sur cet appareil",
    remember_hint: "Leave it unticked where others use the same browser." |
        "Ne cochez pas si d’autres utilisent ce navigateur.",
    forgot_link: "Forgot your password?" | "Mot de passe oublié ?",
    choose_link: "Choose another account" | "Choisir un autre compte",
    sign_up_link: "Create an account" | "Créer un compte",
    confirm_password<handle>: "You are signed in as {handle}. Please enter your password once more." |
        "Vous êtes connecté en tant que {handle}. Saisissez encore une fois votre mot de passe.",
    factor_title: "Check your e-mail" | "Consultez vos e-mails",
    factor_sent<to>: "Your account asks for a code as well. We have sent one to {to}." |
        "Votre compte demande aussi un code. Nous l’avons envoyé à {to}.",

    welcome_title: "Authenticate" | "S’identifier",
    welcome_text<name>: "Your account at {name} works with every app of the network." |
        "Votre compte chez {name} fonctionne avec toutes les applications du réseau.",
    choose_text: "Which account do you want to use?" | "Quel compte voulez-vous utiliser ?",
    another_account: "Use another account" | "Utiliser un autre compte",
    needs_password: "asks for the password" | "demande le mot de passe",
    reactivate_title: "Welcome back!" | "Bon retour !",
    reactivate_text<handle>: "The account {handle} is deactivated: nobody sees it. If you open it again, everything is where it was." |
        "Le compte {handle} est désactivé : personne ne le voit. Si vous le rouvrez, tout sera à sa place.",
    reactivate_elsewhere<handle, host>: "The account {handle} is deactivated here, and your identity says that it is now at {host}. It cannot be open at both." |
        "Le compte {handle} est désactivé ici, et votre identité indique qu’il est maintenant chez {host}. Il ne peut pas être ouvert aux deux endroits.",
    reactivate_elsewhere_help: "Sign in there. If you want to have it here again, move it back." |
        "Connectez-vous là-bas. Pour le retrouver ici, faites-le revenir.",
    reactivate: "Open the account again" | "Rouvrir le compte",
    move_here_link: "Move an account here" | "Faire venir un compte ici",

    sign_up: "Sign up" | "S’inscrire",
    sign_up_button: "Create the account" | "Créer le compte",
    invite_code: "Invite code" | "Code d’invitation",
    invite_code_hint: "This server is for those who were invited." |
        "Ce serveur est réservé aux personnes invitées.",
    handle_hint: "What others call you. Letters, digits and hyphens; you can change it later." |
        "Le nom par lequel on vous trouve. Lettres, chiffres et tirets ; vous pourrez en changer.",
    domain: "Domain of the handle" | "Domaine du nom d’utilisateur",
    email_hint: "For codes and news about your account. Apps do not see it unless you let them." |
        "Pour les codes et ce qui concerne votre compte. Les applications ne la voient pas sans votre accord.",
    sign_up_terms: "With an account you agree to what is linked below." |
        "En créant un compte, vous acceptez les documents en bas de page.",
    have_account_link: "I have an account here" | "J’ai déjà un compte ici",

    forgot_title: "Forgot password" | "Mot de passe oublié",
    forgot_text: "Tell us the e-mail address of your account, and we will send you a code." |
        "Indiquez l’adresse e-mail de votre compte et nous vous enverrons un code.",
    forgot_hint: "The address that is in your account." | "Celle qui est enregistrée dans votre compte.",
    have_code_link: "I have a code" | "J’ai un code",
    back_to_sign_in: "Back to sign in" | "Retour à la connexion",
    reset_title: "Reset password" | "Nouveau mot de passe",
    reset_sent<email>: "If there is an account with {email}, a code is on its way to you." |
        "S’il existe un compte avec {email}, un code vous a été envoyé.",
    reset_ends_all: "All apps and browsers will be signed out." |
        "Toutes les applications et tous les navigateurs seront déconnectés.",
    reset_button: "Set the password" | "Enregistrer le mot de passe",
    updated_title: "Password updated" | "Mot de passe modifié",
    updated_text: "Your new password is set. All apps and browsers have been signed out; sign in with the new password." |
        "Votre nouveau mot de passe est enregistré. Toutes les applications et tous les navigateurs ont été déconnectés ; reconnectez-vous avec lui.",

    redirecting_title: "Back to the app" | "Retour à l’application",
    redirecting_text<app>: "You are on your way back to {app}. If nothing happens, press the button." |
        "Vous retournez vers {app}. Si rien ne se passe, appuyez sur le bouton.",
    redirecting_close: "You can close this page when the app is open." |
        "Vous pourrez fermer cette page une fois l’application ouverte.",
    form_post_text<app>: "You are on your way back to {app}. If nothing happens, press the button." |
        "Vous retournez vers {app}. Si rien ne se passe, appuyez sur le bouton.",

    trouble_app<app>: "about {app}" | "à propos de {app}",
    trouble_back: "Back to the app" | "Retour à l’application",
    trouble_account: "To your account" | "Vers votre compte",
    expired_title: "This sign-in has expired" | "Cette connexion a expiré",
    expired_what: "The app began this sign-in too long ago, or it was completed already." |
        "L’application a commencé cette connexion il y a trop longtemps, ou elle est déjà terminée.",
    expired_help: "Go back to the app and sign in again. Nothing was given to anybody." |
        "Retournez dans l’application et recommencez. Rien n’a été transmis.",
    other_browser_title: "Begun in another browser" | "Commencé dans un autre navigateur",
    other_browser_what: "This sign-in was opened in another browser first. For your safety it has ended." |
        "Cette connexion a d’abord été ouverte dans un autre navigateur. Par sécurité, elle est terminée.",
    other_browser_help: "If somebody sent you this link, do not use it. Otherwise begin again in the app, in this browser." |
        "Si quelqu’un vous a envoyé ce lien, ne l’utilisez pas. Sinon, recommencez depuis l’application, dans ce navigateur.",
    other_app_title: "Not this app’s request" | "La demande d’une autre application",
    other_app_what: "The link names one app, and the request is another’s." |
        "Le lien désigne une application, et la demande vient d’une autre.",
    other_app_help: "Go back to the app and sign in again. If it happens again, tell those who make the app." |
        "Retournez dans l’application et recommencez. Si cela se reproduit, prévenez ses auteurs.",
    unknown_app_title: "We could not check the app" | "Impossible de vérifier l’application",
    unknown_app_what: "An app shows who it is with a document at its address. This one’s cannot be read, or is not right." |
        "Une application se présente par un document à son adresse. Celui-ci est illisible ou incorrect.",
    unknown_app_help: "Try again in a few minutes. If it stays so, those who make the app have to mend it." |
        "Réessayez dans quelques minutes. Si cela persiste, c’est à ses auteurs de corriger.",
    bad_redirect_title: "The app asks for a wrong way back" | "Adresse de retour incorrecte",
    bad_redirect_what: "The app wants you sent to an address that is not among its own." |
        "L’application veut vous renvoyer vers une adresse qui ne figure pas parmi les siennes.",
    bad_redirect_help: "We do not send you there. Tell those who make the app." |
        "Nous ne vous y envoyons pas. Prévenez ses auteurs.",
    incomplete_title: "Something is missing in the link" | "Il manque quelque chose dans le lien",
    incomplete_what: "An app that sends you here says who it is and what it wants. This link does not." |
        "Une application qui vous envoie ici dit qui elle est et ce qu’elle veut. Ce lien ne le dit pas.",
    incomplete_help: "Begin the sign-in in the app instead of with a link or a bookmark." |
        "Commencez depuis l’application, et non par un lien ou un favori.",
    cookies_title: "Your browser keeps no cookies" | "Votre navigateur refuse les cookies",
    cookies_what: "Without a cookie we cannot know that the next page is yours. We use none for anything else." |
        "Sans cookie, nous ne pouvons pas savoir que la page suivante est la vôtre. Nous n’en utilisons pas pour autre chose.",
    cookies_help: "Allow cookies for this site, or open the page in your usual browser instead of inside an app." |
        "Autorisez les cookies pour ce site, ou ouvrez la page dans votre navigateur habituel plutôt que dans une application.",
    form_old_title: "This page was open too long" | "Cette page est restée ouverte trop longtemps",
    form_old_what: "What you sent came from a page that is too old, or not from a page of ours. Nothing was changed." |
        "Votre envoi vient d’une page trop ancienne, ou qui n’est pas la nôtre. Rien n’a été modifié.",
    form_old_help: "Go back, load the page again and send it once more." |
        "Revenez en arrière, rechargez la page et recommencez.",
    not_navigated_title: "This page has to be opened by itself" | "Cette page doit être ouverte seule",
    not_navigated_what: "Another page tried to show it inside, or to load it behind your back." |
        "Une autre page a voulu l’afficher en elle, ou la charger à votre insu.",
    not_navigated_help: "Open it in a tab of its own, beginning in the app." |
        "Ouvrez-la dans un onglet à elle, en commençant depuis l’application.",
    tries_title: "Too many tries" | "Trop d’essais",
    tries_what: "There were too many tries from your network or for this account." |
        "Il y a eu trop d’essais depuis votre réseau ou pour ce compte.",
    tries_help: "Wait some minutes and try again. If it was not you, change your password." |
        "Attendez quelques minutes. Si ce n’était pas vous, changez votre mot de passe.",
    sign_up_closed_title: "No new accounts here" | "Pas de nouveaux comptes ici",
    sign_up_closed_what: "Accounts on this server are made by its operator." |
        "Les comptes de ce serveur sont créés par son exploitant.",
    sign_up_closed_help: "Ask the operator, or look for another server: you can move later." |
        "Demandez-lui, ou cherchez un autre serveur : vous pourrez déménager plus tard.",
    taken_down_title: "This account is closed" | "Ce compte est fermé",
    taken_down_what: "A moderator of this server has closed the account." |
        "Une personne chargée de la modération de ce serveur a fermé le compte.",
    taken_down_help: "Write to the operator if you think that this is wrong." |
        "Écrivez à l’exploitant si vous pensez que c’est une erreur.",
    not_found_title: "There is nothing here" | "Il n’y a rien ici",
    not_found_what: "The address leads to no page of ours." | "L’adresse ne mène à aucune de nos pages.",
    not_found_help: "Look for a typing error, or begin at your account." |
        "Cherchez une faute de frappe, ou partez de votre compte.",
    broken_title: "Something is broken here" | "Quelque chose ne marche pas ici",
    broken_what: "It is our fault, not yours. The operator can see what it was." |
        "C’est notre faute, pas la vôtre. L’exploitant peut voir ce que c’était.",
    broken_help: "Try again in a few minutes." | "Réessayez dans quelques minutes.",
}
