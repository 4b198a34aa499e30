-- authors.elsewhere now says whether a profile declares an account on another platform, which only same_person.py can tell:
-- what 0021 marked is read anew once, in Python (fold_authors.py); here goes what cannot declare anything
UPDATE authors SET elsewhere = false WHERE elsewhere AND bio IS NULL AND location IS NULL;
