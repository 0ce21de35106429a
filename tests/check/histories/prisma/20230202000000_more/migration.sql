/*
  Warnings:

  - You are about to drop the column `raw` on the `User` table. All the data in the column will be lost; really.
*/
-- AlterEnum
BEGIN;
CREATE TYPE "Role_new" AS ENUM ('USER', 'OWNER');
ALTER TABLE "User" ALTER COLUMN "role" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "roles" DROP DEFAULT;
ALTER TABLE "User" ALTER COLUMN "role" TYPE "Role_new" USING ("role"::text::"Role_new");
ALTER TABLE "User" ALTER COLUMN "roles" TYPE "Role_new"[] USING ("roles"::text[]::"Role_new"[]);
ALTER TYPE "Role" RENAME TO "Role_old";
ALTER TYPE "Role_new" RENAME TO "Role";
DROP TYPE "Role_old";
ALTER TABLE "User" ALTER COLUMN "role" SET DEFAULT 'USER';
COMMIT;

-- DropForeignKey
ALTER TABLE "base"."Note" DROP CONSTRAINT "Note_authorId_fkey";

-- AlterTable
ALTER TABLE "User" DROP COLUMN "raw",
ADD COLUMN     "internalNotes" TEXT,
ADD COLUMN     "managerId" TEXT,
ALTER COLUMN "email" SET DATA TYPE VARCHAR(320),
ALTER COLUMN "balance" SET DATA TYPE DECIMAL(10,2);

-- RedefineTables / RenameTable
ALTER TABLE "_NoteToUser" RENAME TO "_UserNotes";
ALTER TABLE "_UserNotes" RENAME CONSTRAINT "_NoteToUser_A_fkey" TO "_UserNotes_A_fkey";
ALTER INDEX "_NoteToUser_AB_unique" RENAME TO "_UserNotes_AB_unique";
DROP INDEX "User.email_unique";
