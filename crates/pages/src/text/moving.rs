//! Moving an account here.

texts! {
    screens: "Steps of the move" | "Étapes du déménagement",
    screen_where: "Where you are" | "Où vous êtes",
    screen_found: "What we found" | "Ce que nous avons trouvé",
    screen_moving: "Moving" | "Déménagement",
    screen_review: "Review and switch" | "Vérifier et basculer",
    screen_done: "Done" | "Terminé",
    from: "from" | "de",
    to: "to" | "vers",
    size: "Size" | "Taille",
    of(part, whole): "{part} of {whole}" | "{part} sur {whole}",
    why: "Why" | "Pourquoi",
    nothing: "none" | "aucun",
    not_known: "not known" | "inconnu",
    diary: "What was done" | "Ce qui a été fait",
    look_again: "Look again" | "Regarder de nouveau",
    try_again: "Try again" | "Réessayer",

    where_title: "Move your account here" | "Faire venir votre compte ici",
    where_text<name>: "A hermit crab changes its shell and stays itself. So does your account: it comes to {name} with everything in it, and your followers do not have to do anything." |
        "Le bernard-l’ermite change de coquille et reste lui-même. Votre compte aussi : il vient chez {name} avec tout ce qu’il contient, et vos abonnés n’ont rien à faire.",
    where_identifier: "Your handle now" | "Votre nom d’utilisateur actuel",
    where_hint: "Such as alice.example.com, or an identifier that begins with did:" |
        "Par exemple alice.example.com, ou un identifiant qui commence par did:",
    where_look: "We only look, and change nothing." | "Nous ne faisons que regarder, sans rien changer.",
    where_what: "Good to know" | "Bon à savoir",
    where_moves: "Posts, likes, follows, lists, pictures and preferences move. Each file is checked when it arrives." |
        "Messages, mentions j’aime, abonnements, listes, images et préférences viennent. Chaque fichier est vérifié à l’arrivée.",
    where_stays: "Passwords, sessions and permissions of apps do not move: you sign in anew." |
        "Mots de passe, sessions et permissions d’applications ne viennent pas : vous vous reconnecterez.",
    where_safe: "Until you agree in the end, your account stays open where it is, and you can cancel without a trace." |
        "Tant que vous n’avez pas donné votre accord à la fin, votre compte reste ouvert là où il est, et vous pouvez annuler sans laisser de trace.",
    where_begun: "I have begun a move already" | "J’ai déjà commencé un déménagement",

    found_title: "What we found" | "Ce que nous avons trouvé",
    level_red: "This keeps the move from beginning" | "Ceci empêche de commencer",
    level_yellow: "You should know this" | "À savoir",
    level_green: "This is fine" | "Tout va bien",
    source_title<host>: "Sign in at {host}" | "Se connecter chez {host}",
    source_text: "So that it lets your account go. What you enter is used for the move and for nothing else." |
        "Pour qu’il laisse partir votre compte. Ce que vous saisissez sert au déménagement et à rien d’autre.",
    source_oauth<host>: "Sign in on the pages of {host}" | "Se connecter sur les pages de {host}",
    source_oauth_text<host>: "You enter nothing here: you agree on the pages of {host} to what the move needs." |
        "Vous ne saisissez rien ici : sur les pages de {host}, vous acceptez ce dont le déménagement a besoin.",
    source_or_password: "Or with your password there" | "Ou avec votre mot de passe là-bas",
    source_password: "Main password at the old host" | "Mot de passe principal chez l’ancien hébergeur",
    source_password_hint: "An app password does not do." | "Un mot de passe d’application ne suffit pas.",
    source_code_hint: "The old host has sent it to your e-mail address there." |
        "L’ancien hébergeur l’a envoyé à l’adresse e-mail qu’il a de vous.",
    source_button: "Sign in there" | "Se connecter là-bas",
    begin_title: "Your account here" | "Votre compte ici",
    begin_keep<handle>: "Keep {handle}, which is your own domain" | "Garder {handle}, qui est votre propre domaine",
    begin_new_handle: "Take a name of this server" | "Prendre un nom de ce serveur",
    begin_password: "New password for here" | "Nouveau mot de passe pour ici",
    begin_key: "Recovery key" | "Clé de secours",
    begin_key_text: "You need not have one, but it is wise: with a key of your own you can move without the help of any host. It is added with this move." |
        "Ce n’est pas obligatoire, mais c’est sage : avec une clé à vous, vous pourrez déménager sans l’aide d’aucun hébergeur. Elle est ajoutée avec ce déménagement.",
    begin_old: "The old account, after the move" | "L’ancien compte, après le déménagement",
    begin_old_keep: "Close it, and keep it closed" | "Le fermer et le laisser fermé",
    begin_old_30: "Close it, and delete it after 30 days" | "Le fermer et le supprimer après 30 jours",
    begin_old_90: "Close it, and delete it after 90 days" | "Le fermer et le supprimer après 90 jours",
    begin_safe: "Your account stays open at the old host while everything is copied." |
        "Votre compte reste ouvert chez l’ancien hébergeur pendant la copie.",
    begin_button: "Begin the move" | "Commencer le déménagement",
    stuck: "The move cannot begin like this. Mend what stands above, and look again." |
        "Le déménagement ne peut pas commencer ainsi. Corrigez ce qui est indiqué et regardez de nouveau.",

    moving_title: "Your account is moving" | "Votre compte déménage",
    moving_safe: "You can close this page at any time. The server goes on by itself; sign in here to come back to it." |
        "Vous pouvez fermer cette page à tout moment. Le serveur continue seul ; connectez-vous ici pour y revenir.",
    setback: "A step has failed and is tried again:" | "Une étape a échoué et sera retentée :",
    setback_again: "Next try:" | "Prochain essai :",
    need_sign_in: "The old host wants you to sign in again" | "L’ancien hébergeur vous demande de vous reconnecter",
    need_decide: "The move cannot go on by itself" | "Le déménagement ne peut pas continuer seul",
    cancel_move_title: "Cancel the move" | "Annuler le déménagement",
    cancel_move_text: "Nothing has happened to your account at the old host. What was copied to here is deleted." |
        "Rien n’a changé pour votre compte chez l’ancien hébergeur. Ce qui a été copié ici est supprimé.",
    cancel_move: "Cancel, and delete what is here" | "Annuler et supprimer ce qui est ici",
    undo_title: "Go back to the old host" | "Revenir chez l’ancien hébergeur",
    undo_text: "The account is closed here, your identity is changed back, and the account is opened at the old host. What you have written here since is not taken along." |
        "Le compte est fermé ici, votre identité est rétablie et le compte est rouvert chez l’ancien hébergeur. Ce que vous avez écrit ici depuis n’est pas emporté.",
    undo_oauth<host>: "Sign in on the pages of {host}, and bring the account back" |
        "Se connecter sur les pages de {host} et ramener le compte",
    undo_oauth_text<host>: "{host} may want you to open the account there yourself." |
        "{host} peut vous demander de rouvrir vous-même le compte là-bas.",
    undo: "Bring the account back" | "Ramener le compte",
    undo_until: "You can go back until" | "Retour possible jusqu’au",

    state_reserve: "Your account is made here, still closed" | "Votre compte est créé ici, encore fermé",
    state_import: "Posts, likes and follows come" | "Messages, mentions j’aime et abonnements arrivent",
    state_blobs: "Pictures and other files come" | "Images et autres fichiers arrivent",
    state_private: "Preferences come" | "Les préférences arrivent",
    state_catch_up: "What was written meanwhile comes" | "Ce qui a été écrit entre-temps arrive",
    state_ready: "All is here" | "Tout est là",
    state_sign: "The change of your identity gets its signature" | "Le changement de votre identité reçoit sa signature",
    state_submit: "The change of your identity is sent" | "Le changement de votre identité est envoyé",
    state_confirm: "The change of your identity is awaited" | "Le changement de votre identité est attendu",
    state_final_catch_up: "What was written last comes" | "Ce qui a été écrit en dernier arrive",
    state_activate: "Your account opens here" | "Votre compte s’ouvre ici",
    state_network: "The network is told" | "Le réseau est prévenu",
    state_retire: "Your account closes at the old host" | "Votre compte se ferme chez l’ancien hébergeur",
    state_report: "The report is written" | "Le rapport est rédigé",
    state_done: "Done" | "Terminé",
    state_undo_close: "The account closes here" | "Le compte se ferme ici",
    state_undo_submit: "Your identity is changed back" | "Votre identité est rétablie",
    state_undo_open: "The account opens at the old host" | "Le compte s’ouvre chez l’ancien hébergeur",
    state_rolled_back: "Your account is back at the old host" | "Votre compte est revenu chez l’ancien hébergeur",
    state_cancel: "What came is deleted" | "Ce qui est arrivé est supprimé",
    state_cancelled: "Cancelled" | "Annulé",
    stage_ready: "You look at it and agree" | "Vous regardez et donnez votre accord",
    stage_identity: "Your identity names this host" | "Votre identité désigne cet hébergeur",
    stage_open: "Your account opens here" | "Votre compte s’ouvre ici",
    stage_close: "The old account closes, and you get a report" | "L’ancien compte se ferme, et vous recevez un rapport",
    place_past: "done" | "fait",
    place_present: "now" | "en cours",
    place_future: "to come" | "à venir",

    review_title: "Look, then switch" | "Regardez, puis basculez",
    review_text: "Everything that the old host gives is here. Nothing has changed for others yet. This is what the switch will change, and what it will lose." |
        "Tout ce que donne l’ancien hébergeur est là. Rien n’a encore changé pour les autres. Voici ce que le basculement changera, et ce qu’il perdra.",
    change_title: "What changes in your identity" | "Ce qui change dans votre identité",
    differs_keys: "Keys that can change it" | "Les clés qui peuvent la modifier",
    differs_names: "Names" | "Les noms",
    differs_signing(fragment): "Key that signs what you write (#{fragment})" |
        "La clé qui signe ce que vous écrivez (#{fragment})",
    differs_service(fragment): "Host (#{fragment})" | "L’hébergeur (#{fragment})",
    until_now: "Until now" | "Jusqu’ici",
    hereafter: "From now on" | "Désormais",
    keys_title: "Whose keys these are" | "À qui sont ces clés",
    keys_kept: "Yours, which stay" | "Les vôtres, qui restent",
    keys_kept_none: "none: you can add one later, in your account" |
        "aucune : vous pourrez en ajouter une plus tard, dans votre compte",
    keys_dropped: "The old host’s, which go" | "Celles de l’ancien hébergeur, qui partent",
    keys_may_undo: "Can take the change back for 72 hours" | "Peuvent annuler le changement pendant 72 heures",
    keys_may_undo_none: "none: nobody can" | "aucune : personne ne le peut",
    losses_title: "What is lost" | "Ce qui est perdu",
    losses_none: "Nothing is lost." | "Rien n’est perdu.",
    missing_title: "Files that do not come" | "Fichiers qui ne viennent pas",
    used_in: "Used in" | "Utilisé dans",
    missing_not_found: "the old host has none" | "l’ancien hébergeur ne l’a pas",
    missing_damaged: "it is damaged there" | "il y est endommagé",
    missing_too_large: "it is too large for here" | "il est trop gros pour ici",
    missing_no_answer: "the old host does not answer" | "l’ancien hébergeur ne répond pas",
    missing_unknown: "not known" | "inconnu",
    unreadable(count): "Records that nobody can read, which move as they are: {count}." |
        "Enregistrements que personne ne peut lire, et qui viennent tels quels : {count}.",
    preferences_lost: "Preferences do not come. The old host says:" |
        "Les préférences ne viennent pas. L’ancien hébergeur répond :",
    agree_files(count): "Leave these files behind: {count}" | "Laisser ces fichiers là-bas : {count}",
    agree_records(count): "Take records along that nobody can read: {count}" |
        "Emporter des enregistrements illisibles : {count}",
    agree_preferences: "Leave the preferences behind" | "Laisser les préférences là-bas",
    agree_change: "Change my identity as it is shown here" | "Modifier mon identité comme indiqué ici",
    agree_change_hint: "The change itself comes with the next step." | "Le changement lui-même vient à l’étape suivante.",
    agree: "I agree" | "Je suis d’accord",
    ask_again: "Ask the old host for the files again" | "Redemander les fichiers à l’ancien hébergeur",
    switch_code_title: "The code from the old host" | "Le code de l’ancien hébergeur",
    switch_code<host>: "{host} has sent a code to your e-mail address there." |
        "{host} a envoyé un code à l’adresse e-mail qu’il a de vous.",
    switch_code_until: "It usually lasts until" | "Il vaut en général jusqu’au",
    switch_code_hint: "Copy it as it is." | "Copiez-le tel quel.",
    switch_point: "With this your identity changes. You can go back for 72 hours." |
        "Avec cela, votre identité change. Vous pourrez revenir en arrière pendant 72 heures.",
    switch: "Switch to this host" | "Basculer vers cet hébergeur",
    new_code_title: "The code was not taken" | "Le code n’a pas été accepté",
    new_code<host>: "{host} says:" | "{host} répond :",
    own_signature_title: "Sign with a key of your own" | "Signer avec une clé à vous",
    own_signature<host>: "{host} signs nothing. It says:" | "{host} ne signe rien. Il répond :",
    own_signature_instead: "Sign with a key of your own instead" | "Signer plutôt avec une clé à vous",
    own_signature_text: "This is the change, without a signature. Sign it with a rotation key of your identity, on your own machine, and paste the result. Your key stays with you." |
        "Voici le changement, sans signature. Signez-le sur votre machine avec une clé de rotation de votre identité, et collez le résultat. Votre clé reste chez vous.",
    operation: "The change" | "Le changement",
    signed_operation: "The signed change" | "Le changement signé",
    signed_operation_hint: "JSON, with the field sig" | "Du JSON, avec le champ sig",
    send_signature: "Send the signed change" | "Envoyer le changement signé",
    document_title: "Publish your document" | "Publier votre document",
    document_text<at>: "Your identity is a domain of yours. Put this at {at}. We look for it by ourselves, and at once when you press the button." |
        "Votre identité est un domaine à vous. Mettez ceci à {at}. Nous le cherchons de nous-mêmes, et tout de suite si vous appuyez sur le bouton.",
    document_done: "It is published" | "C’est publié",

    done_title: "You have moved" | "Vous avez déménagé",
    done_text<handle, host>: "{handle} is at {host} now. Your followers see no difference." |
        "{handle} est maintenant chez {host}. Vos abonnés ne voient aucune différence.",
    report_text: "The report says what was at the old host and what is here, and is signed. Keep it." |
        "Le rapport dit ce qu’il y avait chez l’ancien hébergeur et ce qu’il y a ici. Il est signé ; gardez-le.",
    report_save: "Save the report" | "Enregistrer le rapport",
    next_title: "What to do next" | "Et maintenant",
    next_sign_in<host>: "Sign in to your apps anew. If they ask for a host, it is {host}." |
        "Reconnectez-vous à vos applications. Si elles demandent un hébergeur, c’est {host}.",
    next_apps: "Make new app passwords for apps that need them." |
        "Créez de nouveaux mots de passe d’application pour celles qui en ont besoin.",
    next_key: "Make a recovery key in your account, so that you can leave without anybody’s help." |
        "Créez une clé de secours dans votre compte, pour pouvoir partir sans l’aide de personne.",
    next_old<host>: "Do not delete the account at {host} before 72 hours have passed." |
        "Ne supprimez pas le compte chez {host} avant 72 heures.",
    left_open<host>: "Your old account is still open: {host} does not let apps close accounts. Sign in there, and deactivate it in the settings of the account. Do not delete it yet." |
        "Votre ancien compte est encore ouvert : {host} ne laisse pas les applications fermer de comptes. Connectez-vous là-bas et désactivez-le dans les paramètres du compte. Ne le supprimez pas encore.",
    left_closed<host>: "Your identity names the old host again, and the account is closed here. {host} does not let apps open accounts: sign in there, and activate it again." |
        "Votre identité désigne de nouveau l’ancien hébergeur, et le compte est fermé ici. {host} ne laisse pas les applications rouvrir de comptes : connectez-vous là-bas et réactivez-le.",
    rolled_back_title: "You are back" | "Vous êtes de retour",
    rolled_back_text<handle, host>: "{handle} is at {host} again, and closed here." |
        "{handle} est de nouveau chez {host}, et fermé ici.",
    cancelled_title: "The move is cancelled" | "Le déménagement est annulé",
    cancelled_text<handle, host>: "{handle} is at {host} as before, and nothing of it is here." |
        "{handle} est chez {host} comme avant, et il n’en reste rien ici.",
    begin_again: "Begin again" | "Recommencer",
    move_another: "Move another account here" | "Amener un autre compte ici",
}
