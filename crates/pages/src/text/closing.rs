//! Copies, moving away, closing an account.

texts! {
    export_title: "Export and backup" | "Export et sauvegarde",
    export_text: "All that your account has, to keep. With it and a recovery key your account can be brought back anywhere." |
        "Tout ce que contient votre compte, à garder. Avec cela et une clé de secours, votre compte peut renaître n’importe où.",
    export_records: "Your records" | "Vos enregistrements",
    export_records_text(count): "Posts, likes, follows and all else that you have written, signed: {count} records in a CAR file." |
        "Messages, mentions j’aime, abonnements et tout ce que vous avez écrit, signé : {count} enregistrements dans un fichier CAR.",
    export_files: "Your files" | "Vos fichiers",
    export_files_text(count): "Pictures, videos and others: {count}." |
        "Images, vidéos et autres : {count}.",
    export_list: "The list of your files" | "La liste de vos fichiers",
    export_list_text: "The CID of each, by which it can be fetched and checked." |
        "Le CID de chacun, qui permet de le récupérer et de le vérifier.",
    export_preferences: "Your preferences" | "Vos préférences",
    export_preferences_text: "What apps keep for you alone. The file is private." |
        "Ce que les applications gardent pour vous seul. Le fichier est privé.",
    export_key: "A copy alone does not bring an account back. See also:" |
        "Une copie seule ne suffit pas à faire renaître un compte. Voir aussi :",

    close_title: "Close the account" | "Fermer le compte",
    deactivate_title: "Deactivate" | "Désactiver",
    deactivate: "Deactivate the account" | "Désactiver le compte",
    deactivate_text: "Nobody sees the account any more, and apps are signed out. Nothing is lost: you can open it again whenever you like." |
        "Plus personne ne voit le compte, et les applications sont déconnectées. Rien n’est perdu : vous pouvez le rouvrir quand vous voulez.",
    deactivated_title: "The account is deactivated" | "Le compte est désactivé",
    deactivated_text<handle>: "Nobody sees {handle} any more." | "Plus personne ne voit {handle}.",
    deactivated_help: "If you want it back, sign in and open it again." |
        "Pour le retrouver, connectez-vous et rouvrez-le.",
    delete_title: "Delete the account" | "Supprimer le compte",
    delete_short: "For good. You will be asked for a code from your e-mail and for your password." |
        "Pour toujours. Un code reçu par e-mail et votre mot de passe vous seront demandés.",
    delete_link: "Read what deleting means" | "Lire ce que cela signifie",
    delete_warning: "This cannot be undone." | "C’est irréversible.",
    delete_what: "All posts, likes, follows, files and settings are deleted here, and others are told to delete their copies." |
        "Messages, mentions j’aime, abonnements, fichiers et réglages sont supprimés ici, et les autres serveurs sont priés d’effacer leurs copies.",
    delete_handle<handle>: "The handle {handle} becomes free." | "Le nom {handle} se libère.",
    delete_identity: "Your identity stays in the public directory, but leads nowhere unless you have a key of your own." |
        "Votre identité reste dans le registre public, mais ne mène plus nulle part, à moins d’avoir une clé à vous.",
    delete_instead: "Instead you could:" | "À la place, vous pourriez :",
    delete_agree: "I want everything to be deleted for good" | "Je veux que tout soit supprimé pour toujours",
    delete_button: "Delete the account for good" | "Supprimer le compte pour toujours",
    deleted_title: "The account is deleted" | "Le compte est supprimé",
    deleted_text<handle>: "{handle} is gone, and this browser is signed out." |
        "{handle} n’existe plus, et ce navigateur est déconnecté.",
    deleted_help: "Other servers were told. It can take some days until their copies are gone." |
        "Les autres serveurs sont prévenus. Leurs copies peuvent mettre quelques jours à disparaître.",

    leave_title: "Move away" | "Déménager ailleurs",
    leave_text: "Your account is yours: it moves with posts, likes, follows and files, and keeps its followers. Nobody here can keep you from leaving." |
        "Votre compte est à vous : il déménage avec messages, mentions j’aime, abonnements et fichiers, et garde ses abonnés. Personne ici ne peut vous retenir.",
    leave_key_title: "Have a key of your own" | "Avoir une clé à vous",
    leave_has_key: "You have one. With it you can move even if this server does not help." |
        "Vous en avez une. Elle permet de déménager même sans l’aide de ce serveur.",
    leave_no_key: "You have none. It is not needed, but a good thing to have:" |
        "Vous n’en avez pas. Ce n’est pas nécessaire, mais c’est utile :",
    leave_web<did>: "You need none: your identity is {did}, and you decide about the domain." |
        "Pas besoin : votre identité est {did}, et vous décidez du domaine.",
    leave_begin_title: "Begin at the new host" | "Commencer chez le nouvel hébergeur",
    leave_begin: "Use what it offers for moving in, or another tool. It asks for your main password here; app passwords do not do. Your account stays open meanwhile." |
        "Utilisez ce qu’il propose pour emménager, ou un autre outil. Il demandera votre mot de passe principal ; un mot de passe d’application ne suffit pas. Votre compte reste ouvert pendant ce temps.",
    leave_code_title: "Give it the code" | "Lui donner le code",
    leave_code: "When all is copied, the new host wants a code that lets your identity be changed. Most ask us for it themselves; if not, we send it to you here." |
        "Quand tout est copié, le nouvel hébergeur veut un code qui permet de modifier votre identité. La plupart nous le demandent eux-mêmes ; sinon, nous vous l’envoyons d’ici.",
    leave_code_warning: "Whoever has this code and your password can take your account. Give it to nobody who is not moving it for you." |
        "Qui a ce code et votre mot de passe peut prendre votre compte. Ne le donnez à personne qui ne le déménage pas pour vous.",
    leave_web_code: "No code is needed: you change the document at your domain when the new host says so." |
        "Aucun code n’est nécessaire : vous modifiez le document de votre domaine quand le nouvel hébergeur le dit.",
    leave_check_title: "Check the new host" | "Vérifier le nouvel hébergeur",
    leave_check: "This compares every record and file at both hosts, whatever they say, and changes nothing:" |
        "Ceci compare chaque enregistrement et chaque fichier des deux côtés, quoi qu’ils disent, et ne change rien :",
    command: "Command" | "Commande",
    new_host: "NEW-HOST" | "NOUVEL-HEBERGEUR",
    leave_close_title: "Close the account here" | "Fermer le compte ici",
    leave_close: "Only when the check is green. Deactivate it first; delete it when 72 hours have passed. A deactivated account stays readable to you." |
        "Seulement quand la vérification est au vert. Désactivez-le d’abord ; supprimez-le après 72 heures. Un compte désactivé reste lisible pour vous.",
    leave_more: "More about moving" | "En savoir plus sur le déménagement",
}
