//! What an application asks for or may do.

texts! {
    consent_title: "Authorize" | "Autoriser",
    consent_text<app>: "{app} asks to use your account." | "{app} demande à utiliser votre compte.",
    consent_more<app>: "{app} has access to your account, and now asks for more." |
        "{app} a déjà accès à votre compte et demande maintenant davantage.",
    consent_identify<app>: "{app} asks to know who you are, and for nothing else." |
        "{app} demande à savoir qui vous êtes, et rien d’autre.",
    consent_as: "You are signed in as" | "Vous êtes connecté en tant que",
    consent_legend: "What it could do" | "Ce qu’elle pourrait faire",
    consent_untick: "Untick what you do not want. The app may work less well then." |
        "Décochez ce que vous ne voulez pas. L’application marchera peut-être moins bien.",
    consent_revoke: "You can take this back at any time, under “Connected apps” in your account." |
        "Vous pourrez revenir là-dessus à tout moment, dans « Applications connectées » de votre compte.",
    authorize: "Authorize" | "Autoriser",
    deny: "Deny access" | "Refuser",
    client_id: "Identifier of the app" | "Identifiant de l’application",
    scope: "Scope" | "Étendue demandée",
    app_local: "An app on your device" | "Une application sur votre appareil",
    app_local_warning: "Nobody has checked which program this is. Go on only if you have just started it yourself." |
        "Personne n’a vérifié de quel programme il s’agit. Ne continuez que si vous venez de le lancer vous-même.",
    app_website: "The app’s website (new tab)" | "Site de l’application (nouvel onglet)",
    app_privacy: "The app’s privacy policy (new tab)" | "Confidentialité de l’application (nouvel onglet)",
    app_terms: "The app’s terms (new tab)" | "Conditions de l’application (nouvel onglet)",

    area_identity: "Know who you are" | "Savoir qui vous êtes",
    may_identity: "It learns your account’s identifier and handle, which are public." |
        "Elle apprend l’identifiant et le nom de votre compte, qui sont publics.",
    area_email: "E-mail address" | "Adresse e-mail",
    may_email: "It can see your e-mail address, and whether it is confirmed." |
        "Elle peut voir votre adresse e-mail, et si elle est confirmée.",
    may_email_manage: "It can see your e-mail address, and have it confirmed." |
        "Elle peut voir votre adresse e-mail et la faire confirmer.",
    warn_email: "Whoever controls your e-mail address can reset your password." |
        "Qui contrôle votre adresse e-mail peut réinitialiser votre mot de passe.",
    area_status: "Account status" | "État du compte",
    may_status: "It can see whether your account is active." | "Elle peut voir si votre compte est actif.",
    may_status_manage: "It can see whether your account is active, and change that." |
        "Elle peut voir si votre compte est actif, et le changer.",
    warn_status: "It could hide your account from everybody." |
        "Elle pourrait cacher votre compte à tout le monde.",
    area_repository: "Your whole repository" | "Votre dépôt entier",
    may_repository: "It can read all your records at once, which are public." |
        "Elle peut lire d’un coup tous vos enregistrements, qui sont publics.",
    may_repository_manage: "It can bring in a repository, as when an account moves." |
        "Elle peut importer un dépôt, comme lors d’un déménagement.",
    warn_repository: "It could replace everything that you have written." |
        "Elle pourrait remplacer tout ce que vous avez écrit.",
    area_records: "What you publish" | "Ce que vous publiez",
    may_records: "It can write records of these kinds in your name. They are public." |
        "Elle peut écrire en votre nom des enregistrements de ces types. Ils sont publics.",
    may_all_records(what): "With records of every kind, in your name, it can: {what}." |
        "Avec les enregistrements de tous types, en votre nom, elle peut : {what}.",
    writing_create: "create" | "créer",
    writing_update: "change" | "modifier",
    writing_delete: "delete" | "supprimer",
    area_files: "Pictures and other files" | "Images et autres fichiers",
    may_files: "It can upload files of every kind to your account." |
        "Elle peut ajouter des fichiers de tous types à votre compte.",
    may_files_of: "It can upload files of these kinds to your account." |
        "Elle peut ajouter des fichiers de ces types à votre compte.",
    area_calls: "Services in your name" | "Services en votre nom",
    may_calls: "It can ask other services for you, as if you did it yourself. What they tell you, it can read." |
        "Elle peut interroger d’autres services comme si c’était vous, et lire ce qu’ils vous répondent.",
    area_handle: "Your handle" | "Votre nom d’utilisateur",
    may_handle: "It can change the handle that others know you by." |
        "Elle peut changer le nom par lequel on vous connaît.",
    area_full_identity: "Your whole identity" | "Votre identité entière",
    may_full_identity: "It can change your handle, the server where your account is, and the keys that control it, if you give it a code from your e-mail." |
        "Elle peut changer votre nom, le serveur où est votre compte et les clés qui le contrôlent, si vous lui donnez un code reçu par e-mail.",
    warn_full_identity: "It could take your account away from you for good. Only an app that moves your account needs this." |
        "Elle pourrait vous prendre votre compte pour toujours. Seule une application qui déménage votre compte en a besoin.",
    area_everything: "Almost everything" | "Presque tout",
    may_everything: "It can read and write all that you do in apps: posts, likes, follows, lists, settings, files. It cannot read private messages, see your e-mail address, or change your password, handle or identity." |
        "Elle peut lire et écrire tout ce que vous faites dans les applications : messages publics, mentions j’aime, abonnements, listes, réglages, fichiers. Elle ne peut ni lire vos messages privés, ni voir votre adresse e-mail, ni changer votre mot de passe, votre nom ou votre identité.",
    area_chat: "Private messages" | "Messages privés",
    may_chat: "It can read your private messages on Bluesky, and write some in your name." |
        "Elle peut lire vos messages privés sur Bluesky et en écrire en votre nom.",
    may_set: "A set of permissions that belong together." | "Un ensemble de permissions qui vont ensemble.",
    area_other: "Something else" | "Autre chose",
    may_other: "This server has no words for it. Allow it only if you trust the app." |
        "Ce serveur n’a pas de mots pour cela. N’autorisez que si vous avez confiance.",

    records_caption: "Records it may write" | "Enregistrements qu’elle peut écrire",
    collection: "Kind of record" | "Type d’enregistrement",
    writing: "What it may do" | "Ce qu’elle peut faire",
    records_profile: "Your profile" | "Votre profil",
    records_status: "Your status" | "Votre statut",
    records_generators: "Feeds that you offer" | "Fils que vous proposez",
    records_likes: "Likes" | "Mentions j’aime",
    records_posts: "Posts" | "Messages publics",
    records_gates: "Who may reply or quote" | "Qui peut répondre ou citer",
    records_reposts: "Reposts" | "Repartages",
    records_blocks: "Blocked accounts" | "Comptes bloqués",
    records_follows: "Follows" | "Abonnements",
    records_lists: "Lists" | "Listes",
    records_list_blocks: "Blocked lists" | "Listes bloquées",
    records_list_items: "Members of lists" | "Membres de listes",
    records_starter_packs: "Starter packs" | "Packs de démarrage",
    records_verifications: "Verifications of others" | "Vérifications d’autres comptes",
    records_labeler: "Labeling service" | "Service d’étiquetage",
    records_notification: "Who may be told of your posts" | "Qui peut être averti de vos messages",
    records_chat: "Who may write to you" | "Qui peut vous écrire",
    records_schemas: "Schemas for apps" | "Schémas pour applications",
    calls_of: "Service:" | "Service :",
    calls_of_known(service): "Service: {service}" | "Service : {service}",
    calls_all: "It may ask for all that this service offers." |
        "Elle peut demander tout ce que ce service propose.",
    service_any: "any" | "n’importe lequel",
    service_bluesky: "Bluesky" | "Bluesky",
    service_chat: "private messages of Bluesky" | "messages privés de Bluesky",
    service_video: "videos of Bluesky" | "vidéos de Bluesky",
}
